"""Readings of each kind of alert, from a real store and real files; and that each of them begins and ends an alert."""

import asyncio
from contextlib import closing
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from builders import NOW_S, PIXEL, WORKSPACE
from showroom import NO_TOKEN, Showroom, bought, seen_in_browser
from twinbeam.admin import alert_steps
from twinbeam.alerts.facts import AlertFacts, Source
from twinbeam.alerts.incidents import read_notice
from twinbeam.alerts.judging import AlertSubject
from twinbeam.alerts.kinds import KINDS, AlertKind
from twinbeam.alerts.measures import measure
from twinbeam.alerts.rules import usual
from twinbeam.app.alerts import FactReader
from twinbeam.app.incidents import note_incidents
from twinbeam.app.token_words import learn_of_deliveries
from twinbeam.core.deliveries import TAKEN, Delivery
from twinbeam.core.story import Covered, Flow, PixelRow, SideSeen, Stopped
from twinbeam.engines.keyring import KeyRing, add_key, day_context, keep_newest
from twinbeam.jobs.alerts import counting
from twinbeam.observe.deliveries import DeliveryLog
from twinbeam.pipeline.accept.directory import Directory, SignedSource
from twinbeam.settings import load

HERE = AlertSubject(WORKSPACE, PIXEL)
HOUR_S = 3_600


class Place:
    """A store with a pixel, and the reader of facts over it."""

    def __init__(self, folder):
        self.room = Showroom(folder / "data")
        self.room.add_pixel()
        self.settings = load({"TWINBEAM_DATA": str(folder / "data"), "TWINBEAM_KEYRING": str(folder / "keyring.json")})
        self.lag, self.trouble, self.backup_ms, self.sources = 0.0, "", None, {}
        self.reader = self.made()

    def made(self):
        return FactReader(
            settings=self.settings,
            ring=KeyRing.open(self.settings.keyring),
            reader=self.room.reader,
            on_reader=at_once,
            watch=SimpleNamespace(trouble=lambda: self.trouble, clock=self.room.clock),
            lag_seconds=lambda: self.lag,
            directory=lambda: Directory(sources=self.sources),
            backups=SimpleNamespace(newest_backup_ms=lambda: self.backup_ms),
        )

    def read(self, kind):
        self.reader._covered_ms = None
        measured = asyncio.run(self.reader.look())
        return {it.of: it.value for it in measured.readings[kind] or ()}

    def close(self):
        self.room.close()

    def buy(self, *orders, **changes):
        now_ms = self.room.clock.now_ms()
        self.room.record(*(bought(it, received_ms=now_ms, event_time=now_ms // 1_000, **changes) for it in orders))


async def at_once(call, *args, **named):
    return call(*args, **named)


@pytest.fixture
def place(tmp_path):
    with closing(Place(tmp_path)) as found:
        yield found


def test_a_token_that_tiktok_refuses(place):
    assert place.read(AlertKind.TOKEN_REFUSED) == {HERE: 0}
    place.buy("1")
    place.room.hold_up(NO_TOKEN)
    learn_of_deliveries(place.room.store)
    assert place.read(AlertKind.TOKEN_REFUSED) == {HERE: 1}


def test_the_lag_of_recording_and_a_wrong_clock(place):
    place.lag, place.trouble = 61.5, "The clock was set ahead."
    assert place.read(AlertKind.RECORD_LAG) == {AlertSubject(): 61.5}
    assert place.read(AlertKind.CLOCK) == {AlertSubject(): 1}


def test_how_long_the_oldest_conversion_waits_and_of_a_stopped_pixel_nothing(place):
    assert place.read(AlertKind.QUEUE_AGE) == {HERE: 0}
    place.buy("1")
    place.room.clock.advance(seconds=900)
    place.buy("2")
    assert place.read(AlertKind.QUEUE_AGE) == {HERE: 900}
    place.room.hold_up()
    place.room.clock.advance(seconds=60)
    assert place.read(AlertKind.QUEUE_AGE) == {HERE: 960}
    place.room.store.stop_pixel(workspace=WORKSPACE, code=PIXEL, why="", who="ada", now_ms=0)
    assert place.read(AlertKind.QUEUE_AGE) == {}


def test_what_a_pause_or_a_drain_holds_is_not_late(place):
    now_ms, flows = place.room.clock.now_ms, place.room.store.flows
    place.buy("1")
    place.room.clock.advance(seconds=900)
    flows.save(WORKSPACE, PIXEL, Flow("draining", now_ms(), "ada"))
    assert place.read(AlertKind.QUEUE_AGE) == {HERE: 900}
    flows.save(WORKSPACE, PIXEL, Flow("draining", now_ms() - 901_000, "ada"))
    assert place.read(AlertKind.QUEUE_AGE) == {HERE: 0}
    flows.save(WORKSPACE, PIXEL, Flow("paused", now_ms(), "ada"))
    assert place.read(AlertKind.QUEUE_AGE) == {}


def test_the_accepted_share_of_the_last_hour_and_the_dead_letters_of_two_days(place):
    place.buy(*map(str, range(20)))
    place.room.clock.advance(seconds=30)
    place.room.deliver()
    place.buy(*map(str, range(20, 25)))
    place.room.clock.advance(seconds=30)
    place.room.refuse()
    assert place.read(AlertKind.ACCEPTED_SHARE) == {HERE: 80}
    assert place.read(AlertKind.DEAD_LETTERS) == {HERE: 5}
    place.room.clock.advance(seconds=HOUR_S)
    assert place.read(AlertKind.ACCEPTED_SHARE) == {}
    place.room.clock.advance(seconds=2 * 24 * HOUR_S)
    assert place.read(AlertKind.DEAD_LETTERS) == {HERE: 0}


def count(place):
    store, figures = place.room.store, place.room.reader.figures
    hours = SimpleNamespace(
        counted_hour=store.alerts.counted_hour,
        keep=store.alerts.keep_volumes,
        ids_between=figures.ids_between,
        count=figures.volumes,
    )
    asyncio.run(counting(hours, at_once, at_once, place.room.clock, place.reader.is_in_time).act())


def test_the_volume_of_the_last_hour_beside_that_of_the_same_hour_a_week_before(place):
    clock, minute = place.room.clock, 60
    clock.advance(seconds=HOUR_S - NOW_S % HOUR_S)
    place.buy(*(f"then-{n}" for n in range(40)))
    clock.advance(seconds=HOUR_S + 2 * minute)
    count(place)
    assert place.read(AlertKind.VOLUME_DROP) == {}
    clock.advance(seconds=(7 * 24 - 1) * HOUR_S)
    place.buy(*(f"now-{n}" for n in range(10)))
    assert place.read(AlertKind.VOLUME_DROP) == {}
    clock.advance(seconds=HOUR_S - minute)
    count(place)
    assert place.read(AlertKind.VOLUME_DROP) == {}, "some of that hour may not be recorded"
    clock.advance(seconds=minute)
    place.lag = 90.0
    count(place)
    assert place.read(AlertKind.VOLUME_DROP) == {}, "the recorder is late"
    place.lag = 0.0
    count(place)
    assert place.read(AlertKind.VOLUME_DROP) == {HERE: 25}
    clock.advance(seconds=HOUR_S)
    count(place)
    assert place.read(AlertKind.VOLUME_DROP) == {}, "that hour had too few a week before"


def test_a_side_and_an_event_that_came_every_day_and_come_no_more(place):
    for day in range(7):
        names = [f"{day}-{n}" for n in range(10)]
        now_ms = place.room.clock.now_ms()
        place.room.record(*(seen_in_browser(it, received_ms=now_ms, event_time=now_ms // 1_000) for it in names))
        place.room.clock.advance(seconds=24 * HOUR_S)
    rare = [seen_in_browser("x", event="AddToCart", event_id="x", received_ms=place.room.clock.now_ms())]
    place.room.record(*rare)
    place.room.clock.advance(seconds=HOUR_S)
    assert place.read(AlertKind.EVENT_SILENT) == {AlertSubject(WORKSPACE, PIXEL, "Purchase"): 25}
    assert place.read(AlertKind.SOURCE_SILENT) == {AlertSubject(WORKSPACE, PIXEL, "browser side"): 1}
    place.room.clock.advance(seconds=8 * 24 * HOUR_S)
    assert place.read(AlertKind.EVENT_SILENT) == {}, "what has been silent for a week is no news"


def test_a_source_that_signs_and_was_busy(place):
    log, now_ms = DeliveryLog(place.settings.data, 0), place.room.clock.now_ms()
    for n in range(20):
        log.hear("lamps", Delivery(now_ms + n * 60_000, "orders/paid", TAKEN))
    log.hear("quiet", Delivery(now_ms, "orders/paid", TAKEN))
    place.sources = {name: SignedSource(name, "main", ("",)) for name in ("lamps", "quiet")}
    log.flush(place.sources)
    place.room.clock.advance(seconds=19 * 60 + 13 * HOUR_S)
    assert place.read(AlertKind.SOURCE_SILENT) == {AlertSubject("main", "", "source lamps"): 13}


def test_room_on_the_disk_the_key_ring_and_the_age_of_a_backup(place):
    (free,) = place.read(AlertKind.DISK).values()
    assert free > 0
    assert place.read(AlertKind.KEY_RING) == {AlertSubject(): 0}
    add_key(place.settings.keyring)
    assert place.read(AlertKind.KEY_RING) == {AlertSubject(): 0}
    keep_newest(place.settings.keyring)
    assert place.read(AlertKind.KEY_RING) == {AlertSubject(): 1}, "nothing was put under the new key"
    wrapped = KeyRing.open(place.settings.keyring).seal(b"1" * 32, day_context(1))
    place.room.store._db.execute("INSERT INTO day_key VALUES (1, ?)", (wrapped,))
    assert place.read(AlertKind.KEY_RING) == {AlertSubject(): 0}, "all was put under it before the old one was dropped"
    place.settings.keyring.chmod(0o644)
    assert place.read(AlertKind.KEY_RING) == {AlertSubject(): 1}
    place.settings.keyring.unlink()
    KeyRing.open_or_create(place.settings.keyring)
    assert place.read(AlertKind.KEY_RING) == {AlertSubject(): 1}, "another ring opens nothing of ours"
    assert place.read(AlertKind.BACKUP_AGE) == {}
    place.backup_ms = place.room.clock.now_ms() - 40 * HOUR_S * 1_000
    assert place.read(AlertKind.BACKUP_AGE) == {AlertSubject(): 40}


NOTICE = (
    '{"request_id":"1","object":14,"time":1,"entry":[{"incident_id":"INC-7","incident_title":"t",'
    '"incident_products":["EVENTS_API"],"incident_event_type":"%s","incident_level":"MAJOR_DISRUPTION",'
    '"incident_start_time":"2026-09-21 13:00:00"}]}'
)


def test_an_outage_that_tiktok_announces_goes_on_until_it_is_resolved_however_notices_come(place):
    for slot, words in ((0, "CREATE"), (1, "UPDATE"), (0, "CREATE")):
        note_incidents(place.settings.data, slot, read_notice((NOTICE % words).encode(), place.room.clock.now_ms()))
    of = AlertSubject(part="major disruption, incident INC-7")
    assert place.read(AlertKind.TIKTOK_OUTAGE) == {of: 1}
    note_incidents(place.settings.data, 1, read_notice((NOTICE % "RESOLVE").encode(), place.room.clock.now_ms()))
    note_incidents(place.settings.data, 0, read_notice((NOTICE % "UPDATE").encode(), place.room.clock.now_ms()))
    assert place.read(AlertKind.TIKTOK_OUTAGE) == {of: 0}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"object":1}', b'{"object":14,"entry":3}'])
def test_what_is_no_notice_of_the_status_is_none(body):
    assert read_notice(body, 0) is None


def test_a_notice_of_another_product_or_without_an_id_says_nothing_of_the_events_api():
    other = NOTICE.replace("EVENTS_API", "REPORTING_API") % "CREATE"
    assert read_notice(other.encode(), 0) == []
    assert read_notice((NOTICE.replace("INC-7", "") % "CREATE").encode(), 0) == []


@pytest.mark.parametrize("kind", AlertKind)
def test_each_kind_tells_its_begin_and_its_end_in_words_without_gaps(place, kind):
    store = place.room.store.alerts
    rule = replace(usual(kind), raise_after_seconds=0, clear_after_seconds=0)
    store.save_rule(rule)
    now_ms = place.room.clock.now_ms()
    beyond, back = facts_of(kind, now_ms)
    assert alert_steps.take_in(store, measure(beyond), "https://pages.example") == 1
    assert alert_steps.take_in(store, measure(beyond), "https://pages.example") == 0
    assert alert_steps.take_in(store, measure(back), "https://pages.example") == 1
    began, ended = sent(store, now_ms)
    assert (began.type, ended.type) == ("alert.began", "alert.ended")
    for message in (began, ended):
        assert message.title.startswith(KINDS[kind].title)
        assert ("Lamps" in message.title) == bool(message.pixel)
        assert not {"{", "}", "None"} & {*message.text, *message.text.split()}
    assert began.link == (
        "https://pages.example/pixels/" + f"{WORKSPACE}/{PIXEL}" if began.pixel else "https://pages.example/alerts"
    )


def sent(store, now_ms):
    """Give what goes to the log, in its order."""
    found = []
    while notices := alert_steps.sendable(store, now_ms):
        found += [it.message for it in notices]
        for it in notices:
            alert_steps.note(store, it, "", now_ms)
    return found


def facts_of(kind, now_ms):
    """Give facts in which a kind, and nothing else, is beyond its threshold, and facts in which it is back."""
    here, many = (WORKSPACE, PIXEL), 10**6
    room = AlertFacts(now_ms=now_ms, pixels=[pixel()])
    beyond, back = {
        AlertKind.TOKEN_REFUSED: ({"refused": [here]}, {"refused": []}),
        AlertKind.RECORD_LAG: ({"lag_seconds": 100.0}, {"lag_seconds": 0.0}),
        AlertKind.QUEUE_AGE: ({"waiting_since": {here: now_ms - many * 10}}, {"waiting_since": {}}),
        AlertKind.ACCEPTED_SHARE: ({"answered": {here: (10, 90)}}, {"answered": {here: (100, 0)}}),
        AlertKind.VOLUME_DROP: ({"volumes": {here: (1, 100)}}, {"volumes": {here: (100, 100)}}),
        AlertKind.SOURCE_SILENT: (silent(now_ms, 14), silent(now_ms, 0)),
        AlertKind.EVENT_SILENT: (silent(now_ms, 14, signs=False), silent(now_ms, 0, signs=False)),
        AlertKind.DEAD_LETTERS: ({"dead": {here: 10}}, {"dead": {}}),
        AlertKind.DISK: ({"free_mib": 1.0}, {"free_mib": 1e6}),
        AlertKind.CLOCK: ({"clock_is_wrong": True}, {"clock_is_wrong": False}),
        AlertKind.KEY_RING: ({"key_ring_is_wrong": True}, {"key_ring_is_wrong": False}),
        AlertKind.BACKUP_AGE: ({"backup_ms": now_ms - 200 * 3_600_000}, {"backup_ms": now_ms}),
        AlertKind.TIKTOK_OUTAGE: tuple(
            {"incidents": read_notice((NOTICE % it).encode(), now_ms)} for it in ("CREATE", "RESOLVE")
        ),
    }[kind]
    return replace(room, **beyond), replace(room, **back)


def pixel():
    return PixelRow(WORKSPACE, PIXEL, "web", "Lamps", True, None, 0)


def silent(now_ms, hours, *, signs=True):
    last = now_ms - hours * 3_600_000
    if signs:
        return {"sides": [], "sources": [Source("main", "lamps", last, 50, 60_000)]}
    days = range(last // 86_400_000 - 7, last // 86_400_000)
    covered = [Covered(day, WORKSPACE, PIXEL, "Purchase", browser=20) for day in days]
    return {"sides": [SideSeen(WORKSPACE, PIXEL, "Purchase", "browser", last, 0)], "covered": covered}


def test_a_pixel_that_its_owner_stopped_is_called_neither_silent_nor_low():
    now_ms = NOW_S * 1_000
    facts = AlertFacts(
        now_ms=now_ms,
        pixels=[pixel()],
        volumes={(WORKSPACE, PIXEL): (0, 100)},
        sources=[],
        **silent(now_ms, 13, signs=False),
    )
    stopped = replace(facts, pixels=[replace(pixel(), stopped=Stopped(now_ms, "ada", ""))])
    for kind in (AlertKind.VOLUME_DROP, AlertKind.SOURCE_SILENT, AlertKind.EVENT_SILENT):
        assert measure(facts).readings[kind]
        assert not measure(stopped).readings[kind]


def test_nothing_is_read_of_pixels_that_are_not_set_up_however_many_report():
    now_ms = 10**12
    places = [("main", f"C{n:019}") for n in range(10_000)]
    sides = [SideSeen(*it, "Purchase", "browser", now_ms, 0) for it in places]
    covered = [Covered(now_ms // 86_400_000 - day, *it, "Purchase", browser=20) for it in places for day in range(1, 8)]
    answered, volumes = (dict.fromkeys(places, (100, 100)) for _ in range(2))
    facts = AlertFacts(now_ms=now_ms, sides=sides, covered=covered, sources=[], answered=answered, volumes=volumes)
    assert [kind for kind, readings in measure(facts).readings.items() if readings] == []
