import pytest

from builders import NOW_S, WORKSPACE, an_item, an_origin
from twinbeam.core.rules import DEFAULT_WORKSPACE, Route
from twinbeam.core.values import Channel, Item, Lead, Notice, Rejected
from twinbeam.pipeline.accept.codes import SENTENCES, Rejection, Remark
from twinbeam.pipeline.accept.contract import Reading
from twinbeam.pipeline.accept.directory import PixelEntry
from twinbeam.pipeline.accept.event_checks import EARLIEST_S, MOST_AHEAD_S, NOTABLY_AHEAD_S
from twinbeam.pipeline.accept.fanout import fan_out
from twinbeam.pipeline.accept.routing import routing_of

WEB, OTHER = PixelEntry("A", WORKSPACE), PixelEntry("B", WORKSPACE)
DAY = 86_400
TILLS, CRM = PixelEntry("C", WORKSPACE, "offline"), PixelEntry("D", WORKSPACE, "crm")


def fan(*items, pixels=(WEB,), **origin):
    routing = routing_of(pixels, [Route(pixel.code) for pixel in pixels], DEFAULT_WORKSPACE)
    return fan_out(Reading(items), routing, an_origin(**origin))


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


@pytest.mark.parametrize("name", ["placed an order", "1st", "-x", "a.b", "ünï", "x\n"])
def test_a_name_that_tiktok_would_refuse_is_refused_with_the_rule(name):
    assert rejection_of(an_item(event=name)) == (Rejection.BAD_EVENT_NAME, "events[0].event")
    assert "50 letters" in fan(an_item(event=name)).rejected[0].fix


def test_spellings_of_one_event_arrive_under_one_name():
    fanned = fan(an_item(event="CompletePayment"), an_item(event="Purchase"), an_item(event="my_event-2"))
    assert [arrival.event for arrival in fanned.arrivals] == ["Purchase", "Purchase", "my_event-2"]
    assert [arrival.spelling for arrival in fanned.arrivals] == ["CompletePayment", "", ""]
    assert fanned.notices == []


def test_a_name_that_only_looks_like_one_of_tiktoks_is_mapped_and_its_sender_told():
    fanned = fan(an_item(event="order_completed"))
    assert [(arrival.event, arrival.spelling) for arrival in fanned.arrivals] == [("Purchase", "")]
    (notice,) = fanned.notices
    assert (notice.code, notice.field) == (Remark.EVENT_NAME_MAPPED, "events[0].event")
    assert notice.message.endswith("It was taken as Purchase.")


@pytest.mark.parametrize("channel", [Channel.SERVER, Channel.BROWSER])
def test_a_misspelt_name_is_taken_as_it_is_and_its_sender_asked(channel):
    fanned = fan(an_item(event="Purchased"), channel=channel)
    assert [arrival.event for arrival in fanned.arrivals] == ["Purchased"]
    (notice,) = [notice for notice in fanned.notices if notice.field == "events[0].event"]
    assert notice.code == Remark.EVENT_NAME_UNUSUAL
    assert notice.message.endswith("Did you mean `Purchase`?")


def test_an_event_of_an_app_is_refused_by_its_name_too():
    assert rejection_of(an_item(event="Install")) == (Rejection.APP_EVENT_NAME, "events[0].event")


@pytest.mark.parametrize(
    ("event_time", "taken", "remarked"),
    [
        (EARLIEST_S - 1, False, None),
        (EARLIEST_S, True, Remark.EVENT_TIME_OLD),
        (NOW_S - 7 * DAY - 1, True, Remark.EVENT_TIME_OLD),
        (NOW_S - 7 * DAY, True, None),
        (NOW_S, True, None),
        (NOW_S + NOTABLY_AHEAD_S, True, None),
        (NOW_S + NOTABLY_AHEAD_S + 1, True, Remark.EVENT_TIME_IN_FUTURE),
        (NOW_S + MOST_AHEAD_S, True, Remark.EVENT_TIME_IN_FUTURE),
        (NOW_S + MOST_AHEAD_S + 1, False, None),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_and_an_odd_one_is_remarked_on(event_time, taken, remarked):
    fanned = fan(an_item(event_time=event_time))
    assert [rejected.code for rejected in fanned.rejected] == [Rejection.BAD_EVENT_TIME] * (not taken)
    assert len(fanned.arrivals) == taken
    assert [notice.code for notice in fanned.notices] == [remarked] * (remarked is not None)


@pytest.mark.parametrize(
    ("source", "days", "remarked"),
    [
        ("web", 6, False),
        ("web", 8, True),
        ("offline", 27, False),
        ("offline", 29, True),
        ("crm", 27, False),
        ("crm", 29, True),
    ],
)
def test_what_is_old_depends_on_the_source(source, days, remarked):
    lead = Lead("7") if source == "crm" else None
    item = an_item(event_source=source, event_time=NOW_S - days * DAY, lead=lead)
    fanned = fan(item, pixels=(WEB, TILLS, CRM))
    assert [notice.code for notice in fanned.notices] == [Remark.EVENT_TIME_OLD] * remarked


@pytest.mark.parametrize(
    ("channel", "event_time", "age_ms", "understood", "remarks"),
    [
        (Channel.SERVER, NOW_S - 5, None, NOW_S - 5, []),
        (Channel.SERVER, NOW_S - 5, 90_000, NOW_S - 5, []),
        (Channel.SERVER, None, 90_000, NOW_S - 90, []),
        (Channel.BROWSER, None, None, NOW_S, []),
        (Channel.BROWSER, None, 90_000, NOW_S - 90, []),
        (Channel.BROWSER, None, 1, NOW_S - 1, []),
        (Channel.BROWSER, NOW_S - 5, None, NOW_S, [Remark.EVENT_TIME_IGNORED]),
        (Channel.BROWSER, 1, 90_000, NOW_S - 90, [Remark.EVENT_TIME_IGNORED]),
        (Channel.BROWSER, None, 8 * DAY * 1_000, NOW_S - 8 * DAY, [Remark.EVENT_TIME_OLD]),
    ],
)
def test_a_server_says_when_it_was_and_a_browser_how_long_ago(channel, event_time, age_ms, understood, remarks):
    fanned = fan(an_item(event_time=event_time, age_ms=age_ms), channel=channel)
    assert [arrival.event_time for arrival in fanned.arrivals] == [understood]
    assert [notice.code for notice in fanned.notices] == remarks


def test_a_server_that_says_no_time_at_all_is_refused():
    assert rejection_of(an_item(event_time=None)) == (Rejection.MISSING_FIELD, "events[0].event_time")


def test_a_browser_is_told_that_its_connection_speaks_for_it():
    item = an_item(event_time=None, ip="8.8.8.8", user_agent="Mozilla/5.0")
    fanned = fan(item, channel=Channel.BROWSER)
    assert [(notice.code, notice.field) for notice in fanned.notices] == [
        (Remark.CONNECTION_FIELD_IGNORED, "events[0].user.ip"),
        (Remark.CONNECTION_FIELD_IGNORED, "events[0].user.user_agent"),
    ]
    assert fan(an_item(ip="8.8.8.8", user_agent="Mozilla/5.0")).notices == []


def test_refused_events_keep_their_place_among_their_neighbours():
    refused = Rejected(1, "unreadable", "m", "events[1]", "f")
    fanned = fan(an_item(), refused, an_item(event="?"), an_item())
    assert [arrival.index for arrival in fanned.arrivals] == [0, 3]
    assert [rejected.index for rejected in fanned.rejected] == [1, 2]
    assert isinstance(fanned.arrivals[0].item, Item)


def test_an_arrival_bears_what_was_changed_of_its_event_by_names_of_ours_alone():
    notices = [
        Notice(0, "events[0].properties.value", Remark.VALUE_MENDED, "Mended."),
        Notice(1, "events[1].ada@shop.example", Remark.UNKNOWN_FIELD, "Unknown."),
        Notice(-1, "", Remark.BROKEN_CHARACTER, "Half."),
    ]
    items = [an_item(event="CompletePayment"), an_item(event="purchase"), an_item()]
    routing = routing_of((WEB, OTHER), [Route("A"), Route("B")], DEFAULT_WORKSPACE)
    fanned = fan_out(Reading(items, notices), routing, an_origin())
    told = {arrival.index: arrival.remarks for arrival in fanned.arrivals}
    assert told[0] == ("properties.value", Remark.VALUE_MENDED)
    assert told[1] == ("", Remark.UNKNOWN_FIELD, "event", Remark.EVENT_NAME_MAPPED)
    assert told[2] == ()
    assert len(fanned.arrivals) == 6
    assert [it.code for it in fanned.notices] == [*(it.code for it in notices), Remark.EVENT_NAME_MAPPED]
