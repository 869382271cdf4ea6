"""A rehearsal finds each switch of the emulator that is turned, and sends nothing that counts or is about anybody."""

import asyncio
import json
import re
import typing

import msgspec
import pytest

from tiktok_emulator.accounts import EventSet, Pixel, Seed
from tiktok_emulator.embed import Emulator
from tiktok_emulator.switches import Switches
from twinbeam.core.clock import HandClock
from twinbeam.destinations.tiktok.client import TikTok
from twinbeam.destinations.tiktok.rehearsal.points import NOT_ASKED, POINTS, SET_POINTS
from twinbeam.destinations.tiktok.rehearsal.probes import PROBES, Scene
from twinbeam.destinations.tiktok.rehearsal.run import Comparison, RehearsalStopped, rehearse

OFFLINE, CRM = "7412345678901234567", "7412345678901234568"
SOURCES = {"web": Emulator.pixel, "offline": OFFLINE, "crm": CRM}
#: Positions that are neither told by an answer of the API nor asked about.
BROWSER = {"history_page_views", "identify", "hash_sent"}
COUNTING = {
    "merge_scope",
    "merge_conflict",
    "cookie_api_first",
    "cookie_api_api",
    "ttp_suffix",
    "match_weights",
    "processing_delay_seconds",
    "pixel_events_refresh_hours",
    "stale_after_days",
    "offline_max_age_days",
    "future_minutes",
}
LIMITS = {
    "max_queries_per_second",
    "max_queries_per_minute",
    "max_queries_per_day",
    "marketing_queries_per_second",
    "marketing_queries_per_minute",
    "marketing_limit_status",
    "pixel_queries_per_second",
}

ALL_POINTS = [*POINTS, *(point for points in SET_POINTS.values() for point in points)]


@pytest.fixture(scope="module")
def running():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def tiktok(running):
    running.reset()
    running.seed(Seed(event_sets=[EventSet(id=OFFLINE, kind="offline"), EventSet(id=CRM, kind="crm")]))
    return running


def play(tiktok, source="web", *, token=Emulator.token, seen=None):
    """Play a rehearsal to its end."""

    async def once():
        client = TikTok(base_url=tiktok.url, token=lambda lane: token)
        scene = Scene(source, SOURCES[source], Emulator.test_code, HandClock().now_ms())
        try:
            return await rehearse(client, scene, token, lambda *told: None if seen is None else seen.append(told))
        finally:
            await client.close()

    return asyncio.run(once())


def by_name(rehearsal):
    return {it.point.name: it for it in rehearsal.findings}


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_differs_while_no_switch_is_turned(tiktok, source):
    seen = []
    found = play(tiktok, source, seen=seen)
    wrong = [(it.point.name, it.said) for it in found.findings if it.found not in (Comparison.SAME, Comparison.BY_HAND)]
    assert wrong == []
    assert found.settings == {}
    assert not found.cut_short
    probes = [probe for probe in PROBES if source in probe.sources]
    assert [told[0] for told in seen] == list(range(1, len(probes) + 1))
    assert set(found.answers) == {probe.name for probe in probes}


def turnings():
    """Yield each switch that a rehearsal can find, with each position but its first, and where it is found."""
    for point in ALL_POINTS:
        if not point.switch or point.by_hand:
            continue
        sources = [source for source, points in SET_POINTS.items() if point in points]
        hint = typing.get_type_hints(Switches)[point.switch]
        positions = {bool: [True, False], tuple[str, ...]: [["GoogleTagManagerServer"]]}.get(hint)
        for position in positions or typing.get_args(hint):
            if position != point.stance:
                source = sources[0] if sources else "offline" if point.probe == "limited" else "web"
                yield pytest.param(point, position, source, id=f"{point.switch}={position}")


@pytest.mark.parametrize(("point", "position", "source"), list(turnings()))
def test_a_switch_that_is_turned_is_found(tiktok, point, position, source):
    tiktok.switch(**{point.switch: position})
    found = play(tiktok, source)
    its = by_name(found)[point.name]
    assert (its.found, its.position) == (Comparison.DIFFERS, position), its.said
    assert found.settings == {point.switch: position}


def test_what_is_found_makes_an_emulator_answer_as_the_one_that_was_asked(tiktok):
    turned = {"http_status_mode": "always200", "event_time_type": "stamp", "currency": "refuse", "page_required": True}
    tiktok.switch(**turned)
    first = play(tiktok)
    assert first.settings == turned
    with Emulator(**json.loads(json.dumps(first.settings))) as other:
        again = play(other)
    words = ({name: (it.status, it.code, it.data) for name, it in each.answers.items()} for each in (first, again))
    assert len({json.dumps(each) for each in words}) == 1


def test_the_stances_are_those_that_the_emulator_has_by_itself():
    defaults = msgspec.to_builtins(Switches())
    for point in ALL_POINTS:
        if point.switch:
            stance = defaults[point.switch]
            assert point.stance == (list(stance) if isinstance(stance, tuple) else stance), point.name


def test_every_switch_of_the_emulator_is_asked_or_it_is_said_why_not():
    asked = {point.switch for point in ALL_POINTS if point.switch}
    told = asked | set(NOT_ASKED) | BROWSER | COUNTING | LIMITS
    assert told == set(Switches.__struct_fields__)


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_counts_and_everything_goes_out_under_the_test_code(tiktok, source):
    play(tiktok, source)
    assert tiktok.counted() == []
    for request in tiktok.requests():
        body = json.loads(request["body"])
        assert body["test_event_code"] == Emulator.test_code, request
        taken = request["code"] == 0
        assert not taken or request["path"].startswith("/open_api/v1.3/event/track"), request


_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+")


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_is_about_anybody(source):
    scene = Scene(source, SOURCES[source], "TEST1", HandClock().now_ms())
    for probe in PROBES:
        text = json.dumps(probe.make(scene).body)
        assert set(_ADDRESS.findall(text)) <= {"nobody@example.com"}
        assert set(re.findall(r"\+\d{8,}", text)) <= {"+12025550100"}, "a number that is set aside for fiction"
        assert set(re.findall(r"https?://([^/\"]+)", text)) <= {"example.com"}
        assert not re.search(r'"ip"|"user_agent"|"ttp"|"external_id": "(?![0-9a-f]{64})', text)


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda tiktok: tiktok.revoke(Emulator.token), "wrong, expired or revoked"),
        (lambda tiktok: tiktok.trouble("token_foreign"), "another ad account"),
        (lambda tiktok: tiktok.trouble("html_502"), "cannot be reached"),
        (lambda tiktok: tiktok.trouble("reset"), "cannot be reached"),
        (lambda tiktok: tiktok.trouble("code", code=40002, message="bad"), "says nothing certain"),
    ],
)
def test_it_ends_with_a_sentence_where_not_even_a_plain_event_is_taken(tiktok, prepare, sentence):
    prepare(tiktok)
    with pytest.raises(RehearsalStopped, match=sentence) as stopped:
        play(tiktok)
    assert Emulator.token not in str(stopped.value)
    assert len(tiktok.requests()) <= 1


def test_it_stops_where_tiktok_asks_to_slow_down_and_says_what_was_not_asked(tiktok):
    tiktok.switch(max_queries_per_minute=9)
    found = play(tiktok)
    assert found.cut_short
    kinds = {it.found for it in found.findings}
    assert Comparison.UNASKED in kinds
    assert Comparison.SAME in kinds
    assert len(tiktok.requests()) == 10


def test_an_answer_that_fits_nothing_is_told_as_unclear_and_turns_no_switch(tiktok):
    tiktok.trouble("code", code=40062, message="Must be hashed.", share=1.0)
    tiktok.end_trouble()
    tiktok.seed(Seed(pixels=[Pixel(code="C0ANOTHERPIXELCODE01")]))

    async def once():
        client = TikTok(base_url=tiktok.url, token=lambda lane: Emulator.token)
        scene = Scene("web", Emulator.pixel, Emulator.test_code, HandClock().now_ms())

        def trouble_from_the_second_on(number, *_):
            if number == 1:
                tiktok.trouble("code", code=51012, message="pixel error")

        try:
            return await rehearse(client, scene, Emulator.token, trouble_from_the_second_on)
        finally:
            await client.close()

    found = asyncio.run(once())
    assert {it.found for it in found.findings if it.point.probe != "plain" and not it.point.by_hand} <= {
        Comparison.UNCLEAR,
        Comparison.DIFFERS,
    }
    assert "currency" not in found.settings
