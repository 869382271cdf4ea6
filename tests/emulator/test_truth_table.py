"""The 20 rows of tiktok.md 7.4, each over HTTP, the unclear ones with their switch in both positions."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from emulator_sender import EMAIL, Sender, event, user
from tiktok_emulator.accounts import Pixel, Seed
from tiktok_emulator.embed import Emulator

MINUTE, HOUR = 60, 3600
TTP = "2rqaAWvf61W3sdK4dU4SkfsymlG"
OTHER_PIXEL = "C0TWINBEAMDEMO000002"
OFFLINE_SET = "7000000000000000101"


class Copy(NamedTuple):
    """One copy: its channel, its id (None: absent), and what deviates."""

    channel: str
    event_id: str | None = "A"
    event: str = "Purchase"
    ttp: str | None = None
    email: bool = False
    pixel: str = ""
    root: Mapping[str, Any] = MappingProxyType({})

    def send(self, sender: Sender) -> None:
        """Send it the way its channel does."""
        (self._beacon if self.channel == "pixel" else self._api)(sender)

    def _beacon(self, sender: Sender) -> None:
        fields = {"event": self.event, "event_id": self.event_id or ""}
        if self.ttp:
            fields["ttp"] = self.ttp
        assert sender.beacon(**fields).status == 200

    def _api(self, sender: Sender) -> None:
        match_keys = user(email=EMAIL if self.email else ..., ttp=self.ttp or ...)
        item = event(event=self.event, event_id=self.event_id or ..., user=match_keys)
        root = {"event_source_id": self.pixel} if self.pixel else {}
        assert sender.track(item, **(root | self.root)).code == 0


class Row(NamedTuple):
    """Two copies, the seconds between them, how many events come out, and under which switches."""

    name: str
    first: Copy
    second: Copy
    seconds: float
    events: int
    connection: str = ""
    switches: Mapping[str, Any] = MappingProxyType({})


pixel, api = Copy("pixel"), Copy("api")
pixel_cookie = Copy("pixel", event_id=None, ttp=TTP)
api_cookie = Copy("api", event_id=None, ttp=TTP)

ROWS = [
    Row("1 pixel, then API at once", pixel, api, 0, 1, "both"),
    Row("2 API, then pixel in time", api, pixel, 4 * MINUTE + 59, 1, "both"),
    Row("3 the later copy brings the e-mail", pixel, api._replace(email=True), 2 * MINUTE, 1, "both"),
    Row("4 API too late to merge", pixel, api._replace(email=True), 5 * MINUTE + 1, 1, "browser"),
    Row("5 within 48 hours", pixel, api, 47 * HOUR + 59 * MINUTE, 1, "browser"),
    Row("6 after 48 hours", pixel, api, 48 * HOUR + MINUTE, 2),
    Row("7 pixel twice", pixel, pixel, HOUR, 1, "browser"),
    Row("8 API twice", api, api, 47 * HOUR, 1, "server"),
    Row("9 renamed on one side, canonical", pixel, api._replace(event="CompletePayment"), 1, 1, "both"),
    Row(
        "9 renamed on one side, literal",
        pixel,
        api._replace(event="CompletePayment"),
        1,
        2,
        switches={"canonical_names": False},
    ),
    Row("10 other event", pixel, api._replace(event="AddToCart"), 1, 2),
    Row("11 other pixel", pixel, api._replace(pixel=OTHER_PIXEL), 1, 2),
    Row("12 ids differ in case, sensitive", pixel, api._replace(event_id="a"), 1, 2),
    Row(
        "12 ids differ in case, insensitive",
        pixel,
        api._replace(event_id="a"),
        1,
        1,
        "both",
        switches={"event_id_case": "insensitive"},
    ),
    Row("13 cookie only, pixel first", pixel_cookie, api_cookie, 3 * MINUTE, 1, "browser"),
    Row("14 cookie only, API first, both count", api_cookie, pixel_cookie, 3 * MINUTE, 2),
    Row(
        "14 cookie only, API first, one",
        api_cookie,
        pixel_cookie,
        3 * MINUTE,
        1,
        "both",
        switches={"cookie_api_first": "merge"},
    ),
    Row("15 cookie only, too late", pixel_cookie, api_cookie, 5 * MINUTE + 1, 2),
    Row("16 an API id switches the cookie rule off", pixel_cookie, api._replace(ttp=TTP), MINUTE, 2),
    Row("17 a pixel id does not", pixel._replace(ttp=TTP), api_cookie, MINUTE, 1, "browser"),
    Row("18 cookie only, API twice, both count", api_cookie, api_cookie, MINUTE, 2),
    Row(
        "18 cookie only, API twice, one",
        api_cookie,
        api_cookie,
        MINUTE,
        1,
        "server",
        switches={"cookie_api_api": "drop"},
    ),
    Row("19 a test event first", api._replace(root={"test_event_code": "TEST10001"}), api, MINUTE, 1, "server"),
    Row(
        "19 test events that count",
        api._replace(root={"test_event_code": "TEST10001"}),
        pixel,
        MINUTE,
        1,
        "both",
        switches={"test_events_count": True},
    ),
    Row(
        "20 offline and web",
        api._replace(root={"event_source": "offline", "event_source_id": OFFLINE_SET}),
        pixel,
        MINUTE,
        2,
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_two_copies_become_as_many_events_as_the_table_says(tiktok: Emulator, sender: Sender, row: Row):
    tiktok.seed(Seed(pixels=[Pixel(code=OTHER_PIXEL)]))
    tiktok.switch(**row.switches)
    tiktok.freeze()
    row.first.send(sender)
    tiktok.move(row.seconds)
    row.second.send(sender)

    counted = tiktok.counted()

    assert len(counted) == row.events
    if row.connection:
        assert counted[0]["connection"] == row.connection


def test_the_table_is_complete():
    assert {row.name.split()[0] for row in ROWS} == {str(number) for number in range(1, 21)}


def test_a_merged_copy_brings_what_the_first_lacked(tiktok, sender):
    pixel.send(sender)
    api._replace(email=True).send(sender)
    (counted,) = tiktok.counted(full=True)
    assert "email" in counted["user_keys"]
    assert counted["merged"]["user"]["email"] == EMAIL


def test_a_copy_after_the_merge_window_enriches_nothing(tiktok, sender):
    tiktok.freeze()
    pixel.send(sender)
    tiktok.move(5 * MINUTE + 1)
    api._replace(email=True).send(sender)
    (counted,) = tiktok.counted(full=True)
    assert "email" not in counted["user_keys"]
    assert (counted["copies"], counted["browser_copies"], counted["server_copies"]) == (2, 1, 1)


def test_a_repeat_on_the_same_channel_enriches_only_when_merging_in_all_directions(tiktok, sender):
    for position, enriched in (("cross_channel", False), ("all", True)):
        tiktok.switch(merge_scope=position)
        copy = api._replace(event_id=position)
        copy.send(sender)
        copy._replace(email=True).send(sender)
        assert ("email" in tiktok.counted()[-1]["user_keys"]) is enriched


def test_the_first_value_stays_unless_the_switch_lets_the_later_one_win(tiktok, sender):
    for position, value in (("first", 20.0), ("later", 25.0)):
        tiktok.switch(merge_conflict=position)
        sender.beacon(event_id=position)
        sender.track(event(event_id=position, properties={"currency": "USD", "value": 25.0, "content_ids": ["1"]}))
        counted = tiktok.counted(full=True)[-1]
        assert (counted["value"], counted["merged"]["properties"]["value"]) == (value, value)


@pytest.mark.parametrize(("position", "events"), [("strip", 1), ("keep", 2)])
def test_the_suffix_of_the_cookie_is_ignored_unless_the_switch_keeps_it(tiktok, sender, position, events):
    tiktok.switch(ttp_suffix=position)
    pixel_cookie._replace(ttp=f"{TTP}.tt.1").send(sender)
    api_cookie.send(sender)
    assert len(tiktok.counted()) == events


def test_without_first_party_cookies_there_is_no_cookie_rule(tiktok, sender):
    tiktok.seed(Seed(pixels=[Pixel(code=Emulator.pixel, enable_first_party_cookies=False)]))
    pixel_cookie.send(sender)
    api_cookie.send(sender)
    assert len(tiktok.counted()) == 2


def test_two_purchases_of_one_browser_without_ids_collapse_on_the_server_side(tiktok, sender):
    for copy in (pixel_cookie, pixel_cookie, api_cookie, api_cookie):
        copy.send(sender)
    assert len(tiktok.counted()) == 2


def test_an_id_that_came_by_the_cookie_rule_is_known_from_then_on(tiktok, sender):
    tiktok.switch(cookie_api_first="merge")
    for copy in (api_cookie, pixel._replace(ttp=TTP), api):
        copy.send(sender)
    assert len(tiktok.counted()) == 1


def test_after_48_hours_the_new_event_opens_a_window_of_its_own(tiktok, sender):
    tiktok.freeze()
    for _ in range(3):
        api.send(sender)
        tiktok.move(30 * HOUR)
    assert len(tiktok.counted()) == 2


def test_duplicates_within_one_request_are_one_event(tiktok, sender):
    sender.track(event(), event())
    assert [each["fate"] for each in tiktok.received()] == ["counted", "duplicate"]
