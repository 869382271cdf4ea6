"""Alerts, joined: what is known of this moment, where messages go, and the jobs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from twinbeam.admin import alert_steps
from twinbeam.alerts import messages
from twinbeam.alerts.facts import AlertFacts, Place, Source
from twinbeam.alerts.formats import mail_of, slack_body, webhook_body, webhook_head
from twinbeam.alerts.measures import Measured, measure
from twinbeam.alerts.messages import Message
from twinbeam.alerts.retrying import AlertNotice
from twinbeam.alerts.rules import LOG_CHANNEL, ChannelKind
from twinbeam.app.incidents import incidents_of
from twinbeam.app.known_time import Watch
from twinbeam.app.measuring import is_key_ring_wrong, room_bytes
from twinbeam.app.thread import Thread
from twinbeam.core.clock import MS_PER_SECOND, Clock, day_of
from twinbeam.core.lifecycle import State
from twinbeam.core.networks import Allowed
from twinbeam.core.story import Covered
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteStore
from twinbeam.integrations.alert_channels import AlertPost, mail
from twinbeam.jobs.alerts import Telling, counting, judging
from twinbeam.jobs.contract import Job
from twinbeam.observe.deliveries import heard_of
from twinbeam.observe.health import BEHIND_SECONDS
from twinbeam.pipeline.accept.directory import Directory
from twinbeam.settings import Settings

COVERED_DAYS = 15
COVERED_MS = 600_000  #: how long what was covered by day is believed: it tells what is regular
_MS_PER_HOUR = 3_600_000
_WEEK_HOURS = 7 * 24
_MIB = 1024 * 1024


class BackupTimes(Protocol):
    """Knows when backups were made."""

    def newest_backup_ms(self) -> int | None:
        """Return when the newest backup was made; None where none is known of. Raises StorageError."""
        ...


class NoBackupTimes:
    """Knows of none."""

    def newest_backup_ms(self) -> int | None:
        """Return None."""
        return None


NO_BACKUP_TIMES = NoBackupTimes()


class Reporter(Protocol):
    """Writes to the log."""

    def happening(self, event: str, /, **fields: object) -> None:
        """Write a line."""
        ...


@dataclass(kw_only=True, eq=False)
class FactReader:
    """Reads the facts of a moment; what reads much does so on a thread of its own."""

    settings: Settings
    ring: KeyRing
    reader: SqliteReader
    on_reader: Thread
    watch: Watch
    lag_seconds: Callable[[], float]
    directory: Callable[[], Directory]
    backups: BackupTimes = NO_BACKUP_TIMES

    def __post_init__(self) -> None:
        self._covered: list[Covered] = []
        self._covered_ms: int | None = None

    def is_in_time(self) -> bool:
        """Return whether what was accepted a minute ago is recorded."""
        return self.lag_seconds() < BEHIND_SECONDS

    async def look(self) -> Measured:
        """Measure all there is now."""
        lag, is_wrong = self.lag_seconds(), bool(self.watch.trouble())
        return await self.on_reader(self._look, self.watch.clock.now_ms(), lag, clock_is_wrong=is_wrong)

    def _look(self, now_ms: int, lag: float, *, clock_is_wrong: bool) -> Measured:
        return measure(self._read(now_ms, lag, clock_is_wrong=clock_is_wrong))

    def _read(self, now_ms: int, lag: float, *, clock_is_wrong: bool) -> AlertFacts:
        reader, settings = self.reader, self.settings
        checks = reader.token_checks.all()
        return AlertFacts(
            now_ms=now_ms,
            pixels=reader.pixels(),
            refused=[(it.workspace, it.pixel) for it in checks if it.verdict.refused],
            lag_seconds=lag,
            waiting_since=reader.figures.waiting_since(),
            answered=reader.figures.answered(now_ms - _MS_PER_HOUR),
            volumes=self._volumes(now_ms),
            sides=reader.sides_seen(),
            covered=self._covered_lately(now_ms),
            sources=self._sources(),
            dead=self._dead(now_ms),
            free_mib=_room(settings),
            clock_is_wrong=clock_is_wrong,
            key_ring_is_wrong=is_key_ring_wrong(settings, self.ring, reader.figures.newest_day_key()),
            backup_ms=self.backups.newest_backup_ms(),
            incidents=incidents_of(settings.data),
        )

    def _volumes(self, now_ms: int) -> dict[Place, tuple[int, int]] | None:
        over = now_ms // _MS_PER_HOUR - 1
        now, then = self.reader.alerts.volumes(over), self.reader.alerts.volumes(over - _WEEK_HOURS)
        return None if now is None or then is None else {place: (now.get(place, 0), n) for place, n in then.items()}

    def _covered_lately(self, now_ms: int) -> list[Covered]:
        if self._covered_ms is None or not 0 <= now_ms - self._covered_ms < COVERED_MS:
            self._covered = self.reader.coverage(since_day=day_of(now_ms) - COVERED_DAYS + 1)
            self._covered_ms = now_ms
        return self._covered

    def _sources(self) -> list[Source]:
        heard = heard_of(self.settings.data)
        known = self.directory().sources
        return [
            Source(known[name].workspace, name, it.last[0].at_ms, len(it.last), _gap_ms([one.at_ms for one in it.last]))
            for name, it in heard.items()
            if name in known and it.last
        ]

    def _dead(self, now_ms: int) -> dict[Place, int]:
        found: dict[Place, int] = {}
        for total in self.reader.totals(since_day=day_of(now_ms) - 1, by_event=False):
            if total.outcome == State.REFUSED:
                place = (total.workspace, total.pixel)
                found[place] = found.get(place, 0) + total.n
        return found


@dataclass(kw_only=True, eq=False)
class Sending:
    """Sends one message to its channel."""

    settings: Settings
    store: SqliteStore
    on_store: Thread
    clock: Clock
    reports: Reporter

    def __post_init__(self) -> None:
        self._http = AlertPost(Allowed(self.settings.alert_networks), proxy=self.settings.proxy)

    async def __call__(self, notice: AlertNotice) -> str:
        """Send it; returns why it was not taken, or ""."""
        message = notice.message
        if notice.channel == LOG_CHANNEL.name:
            _log(self.reports, message)
            return ""
        kind, address, secret = await self.on_store(self._opened, notice.channel)
        now_ms, body = self.clock.now_ms(), webhook_body(message)
        match kind:
            case ChannelKind.WEBHOOK:
                return await self._http.post(address, body, webhook_head(secret, message, body, now_ms))
            case ChannelKind.SLACK:
                return await self._http.post(address, slack_body(message), {"Content-Type": "application/json"})
            case ChannelKind.EMAIL:
                settings, to = self.settings, address.split(",")
                told = mail_of(message)
                return await mail(settings.smtp_url, settings.report_from, to, told, now_s=now_ms / MS_PER_SECOND)
            case _:
                return ""  # it was removed meanwhile

    def _opened(self, name: str) -> tuple[ChannelKind | None, str, str]:
        alerts = self.store.alerts
        kind = next((it.kind for it in alerts.channels() if it.name == name), None)
        return (kind, *alerts.opened(name))


class _Outbox:
    """See jobs.alerts.Outbox for the promises."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    def sendable(self, now_ms: int) -> Sequence[AlertNotice]:
        return alert_steps.sendable(self._store.alerts, now_ms)

    def note(self, it: AlertNotice, trouble: str, now_ms: int) -> None:
        alert_steps.note(self._store.alerts, it, trouble, now_ms)


class _Hours:
    """See jobs.alerts.CountedHours for the promises."""

    def __init__(self, store: SqliteStore, reader: SqliteReader) -> None:
        self._store, self._reader = store, reader

    def counted_hour(self) -> int | None:
        return self._store.alerts.counted_hour()

    def keep(self, hour: int, counts: dict[Place, int], *, forget_before: int) -> None:
        known = {(row.workspace, row.code) for row in self._store.pixels()}
        own = {place: n for place, n in counts.items() if place in known}
        self._store.alerts.keep_volumes(hour, own, forget_before=forget_before)

    def ids_between(self, since_ms: int, until_ms: int) -> tuple[int, int]:
        return self._reader.figures.ids_between(since_ms, until_ms)

    def count(self, first: int, behind: int) -> dict[Place, int]:
        return self._reader.figures.volumes(first, behind)


def alert_jobs(facts: FactReader, sending: Sending) -> list[Job]:
    """Return the jobs of alerts."""
    store, on_store, clock = sending.store, sending.on_store, sending.clock

    def judge(now: Measured) -> int:
        return alert_steps.take_in(store.alerts, now, sending.settings.pages_url)

    telling = Telling(outbox=_Outbox(store), send=sending, on_store=on_store, clock=clock)
    return [
        judging(facts.look, judge, on_store, telling),
        telling.job(),
        counting(_Hours(store, facts.reader), facts.on_reader, on_store, clock, facts.is_in_time),
    ]


def _log(reports: Reporter, it: Message) -> None:
    """Write a message to the log; each line's name stands here, as a test compares them with their reference."""
    number, kind, what, detail = it.alert, it.kind, it.title, it.text
    match it.type:
        case messages.BEGAN:
            reports.happening("alert.began", alert=number, kind=kind, what=what, detail=detail)
        case messages.ENDED:
            reports.happening("alert.ended", alert=number, kind=kind, what=what, detail=detail)
        case _:
            reports.happening("alert.test", what=what, detail=detail)


def _gap_ms(times: Sequence[int]) -> int:
    return (max(times) - min(times)) // max(1, len(times) - 1)


def _room(settings: Settings) -> float | None:
    try:
        return max(0, room_bytes(settings)) / _MIB
    except OSError:
        return None
