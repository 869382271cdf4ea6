import pytest

from builders import NOW_S, WORKSPACE, an_item, an_origin
from twinbeam.core.values import Item, Lead, Rejected
from twinbeam.pipeline.accept.codes import SENTENCES, Rejection, Remark
from twinbeam.pipeline.accept.contract import Reading
from twinbeam.pipeline.accept.directory import PixelEntry
from twinbeam.pipeline.accept.fanout import fan_out
from twinbeam.pipeline.accept.rules import EARLIEST_S, MOST_AHEAD_S, NOTABLY_AHEAD_S

WEB, OTHER = PixelEntry("A", WORKSPACE), PixelEntry("B", WORKSPACE)
TILLS, CRM = PixelEntry("C", WORKSPACE, "offline"), PixelEntry("D", WORKSPACE, "crm")


def fan(*items, pixels=(WEB,)):
    return fan_out(Reading(items), pixels, an_origin())


def pixels_of(item, *pixels):
    return [arrival.pixel for arrival in fan(item, pixels=pixels).arrivals]


def rejection_of(item, *pixels):
    fanned = fan(item, pixels=pixels or (WEB,))
    assert fanned.arrivals == []
    (rejected,) = fanned.rejected
    assert rejected.message == SENTENCES[rejected.code]
    assert rejected.fix
    return rejected.code, rejected.field


def test_an_event_arrives_once_for_each_pixel_of_its_key():
    fanned = fan(an_item(), pixels=(WEB, OTHER))
    assert [(arrival.pixel, arrival.index) for arrival in fanned.arrivals] == [("A", 0), ("B", 0)]
    assert fanned.arrivals[0].item is fanned.arrivals[1].item


def test_a_named_pixel_narrows_the_choice():
    assert pixels_of(an_item(pixel="B"), WEB, OTHER) == ["B"]


def test_an_event_goes_only_where_its_source_is_taken():
    assert pixels_of(an_item(), WEB, TILLS, OTHER, CRM) == ["A", "B"]
    assert pixels_of(an_item(event_source="offline"), WEB, TILLS) == ["C"]
    assert pixels_of(an_item(event_source="crm", lead=Lead("7")), WEB, CRM) == ["D"]


def test_a_pixel_of_somebody_else_is_refused():
    assert rejection_of(an_item(pixel="Z")) == (Rejection.FOREIGN_PIXEL, "events[0].pixel")


def test_a_pixel_that_takes_another_source_is_refused():
    assert rejection_of(an_item(), TILLS) == (Rejection.WRONG_PIXEL_KIND, "events[0].event_source")
    assert rejection_of(an_item(pixel="C"), WEB, TILLS) == (Rejection.WRONG_PIXEL_KIND, "events[0].event_source")
    (rejected,) = fan(an_item(), pixels=(CRM, TILLS)).rejected
    assert "crm or offline" in rejected.fix


def test_a_key_without_pixels_takes_nothing():
    assert fan(an_item(), pixels=()).rejected[0].code == Rejection.NO_PIXEL


def test_an_event_of_an_app_is_refused_as_not_supported_yet():
    assert rejection_of(an_item(event_source="app")) == (
        Rejection.UNSUPPORTED_EVENT_SOURCE,
        "events[0].event_source",
    )


def test_a_crm_event_must_name_its_lead():
    assert rejection_of(an_item(event_source="crm"), CRM) == (Rejection.LEAD_REQUIRED, "events[0].lead")


@pytest.mark.parametrize("name", ["placed order", "1st", "-x", "a.b", "ünï", "x\n"])
def test_a_name_that_tiktok_would_refuse_is_refused_with_the_rule(name):
    assert rejection_of(an_item(event=name)) == (Rejection.BAD_EVENT_NAME, "events[0].event")
    assert "50 letters" in fan(an_item(event=name)).rejected[0].fix


def test_spellings_of_one_event_arrive_under_one_name():
    fanned = fan(an_item(event="CompletePayment"), an_item(event="Purchase"), an_item(event="my_event-2"))
    assert [arrival.event for arrival in fanned.arrivals] == ["Purchase", "Purchase", "my_event-2"]


@pytest.mark.parametrize(
    ("event_time", "taken", "remarked"),
    [
        (EARLIEST_S - 1, False, False),
        (EARLIEST_S, True, False),
        (NOW_S, True, False),
        (NOW_S + NOTABLY_AHEAD_S, True, False),
        (NOW_S + NOTABLY_AHEAD_S + 1, True, True),
        (NOW_S + MOST_AHEAD_S, True, True),
        (NOW_S + MOST_AHEAD_S + 1, False, False),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_and_an_odd_one_is_remarked_on(event_time, taken, remarked):
    fanned = fan(an_item(event_time=event_time))
    assert [rejected.code for rejected in fanned.rejected] == [Rejection.BAD_EVENT_TIME] * (not taken)
    assert len(fanned.arrivals) == taken
    assert [notice.code for notice in fanned.notices] == [Remark.EVENT_TIME_IN_FUTURE] * remarked


def test_refused_events_keep_their_place_among_their_neighbours():
    refused = Rejected(1, "unreadable", "m", "events[1]", "f")
    fanned = fan(an_item(), refused, an_item(event="?"), an_item())
    assert [arrival.index for arrival in fanned.arrivals] == [0, 3]
    assert [rejected.index for rejected in fanned.rejected] == [1, 2]
    assert isinstance(fanned.arrivals[0].item, Item)
