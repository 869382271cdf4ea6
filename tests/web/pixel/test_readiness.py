"""Whether a campaign can optimise for an event."""

from builders import PIXEL, WORKSPACE
from reading import words
from twinbeam.core.story import Covered
from twinbeam.integrations.tiktok.reading import pixel_page
from twinbeam.web.pixel.events.readiness import readiness


def of(event, n, selectable):
    return next(
        it for it in readiness([Covered(1, "main", PIXEL, event, delivered=n)], selectable) if it.event == event
    )


def test_an_event_is_ready_once_it_is_offered_and_comes_fifty_times_a_week():
    assert of("Purchase", 50, {"Purchase"}).is_ready
    assert of("Purchase", 50, None).is_ready
    assert not of("Purchase", 49, {"Purchase"}).is_ready
    assert not of("Purchase", 50, {"Lead"}).is_ready
    assert not of("Pageview", 900, {"Pageview"}).is_ready
    assert "custom conversion" in of("Quiz done", 60, {"Lead"}).advice


def test_what_is_offered_without_an_event_is_told_as_well():
    assert [(it.event, it.week) for it in readiness([], {"Lead"})] == [("Lead", 0)]


def test_the_page_counts_what_tiktok_accepted(busy):
    text = words(busy.get(f"/pixels/{WORKSPACE}/{PIXEL}/events"))
    assert (
        "Purchase 39 of 50 not known 11 more in 7 days. Until then choose what comes before it: InitiateCheckout."
        in text
    )


def test_an_import_reads_what_may_be_selected():
    events = [
        {"event_code": "SHOPPING", "optimization_event": "SHOPPING"},
        {"event_code": "Pageview", "optimization_event": None},
    ]
    told = {"pixels": [{"pixel_code": PIXEL, "events": events}], "page_info": {"total_page": 1}}
    assert pixel_page(told).pixels[0].selectable == ("Purchase",)
    assert pixel_page({"pixels": [{"pixel_code": PIXEL, "events": []}]}).pixels[0].selectable is None
