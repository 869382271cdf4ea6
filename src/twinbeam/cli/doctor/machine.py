"""Checks of the machine: files that are gone or damaged, events that were lost, the clock; and how each is mended."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

import click
import msgspec
from msgspec import Struct

from twinbeam.cli.doctor.check_result import CheckResult
from twinbeam.core.errors import ConfigError, StorageBusy
from twinbeam.settings import Settings

_PATIENCE_SECONDS = 2.0
_SERVICE_UNAVAILABLE = 503


class _Readiness(Struct):
    reasons: list[str] = []


def vanished_store(settings: Settings) -> Iterator[CheckResult]:
    """Name a store that was there and is not any more."""
    from twinbeam.app.presence import NEW_STORE, missing_store

    if told := missing_store(settings):
        yield CheckResult(
            told, fix=f"Mount its disk, or put back its backup; to begin with an empty store: {NEW_STORE}"
        )


def damaged_journals(settings: Settings) -> Iterator[CheckResult]:
    """Name journals that were set aside because they were damaged."""
    from twinbeam.engines.journals.sqlite import set_aside_in

    for file in set_aside_in(settings.journal_folder):
        yield CheckResult(
            f"The journal {file} was damaged, and was set aside; a fresh one is in use.",
            fix="Look at the disk; keep the file for whoever may restore it, or move it out of the folder.",
        )


def lost_events(settings: Settings) -> Iterator[CheckResult]:
    """Yield what was accepted and is gone, loss by loss."""
    from twinbeam.engines.journals.losses import FILE, losses

    folder = settings.journal_folder
    for loss in losses(folder):
        when = datetime.fromtimestamp(loss.at_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
        yield CheckResult(
            f"Up to {loss.events} accepted events of {loss.file} are missing: groups {loss.after + 1} to {loss.upto} "
            f"of journal {loss.journal}, noticed {when}.",
            fix="Let senders repeat what they sent shortly before that (the same event ids count once); then remove "
            f"{folder / FILE}",
        )


def earlier_journals(settings: Settings) -> Iterator[CheckResult]:
    """Name folders of journals that were in use before and may hold events."""
    from twinbeam.app.journal_folders import earlier_folders

    for folder in earlier_folders(settings):
        there = "the writer records what is left in it" if folder.is_dir() else "it cannot be seen from here"
        fix = "Let the gateway run until this line is gone." if folder.is_dir() else f"Mount it, or make {folder}."
        yield CheckResult(f"Journals were in {folder} before TWINBEAM_JOURNAL_FOLDER was changed; {there}.", fix=fix)


def clock(settings: Settings) -> Iterator[CheckResult]:
    """Yield whether the clock may be right."""
    from twinbeam.app.known_time import MEND, read_known_time
    from twinbeam.core.clock import SystemClock

    known, now_ms = read_known_time(settings.data), SystemClock().now_ms()
    shown = datetime.fromtimestamp(now_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if now_ms < known.floor_ms():
        first = datetime.fromtimestamp(known.floor_ms() / 1_000, UTC).strftime("%Y-%m-%d")
        yield CheckResult(
            f"The clock shows {shown}, but it is {first} at the earliest; events are answered 503.", fix=MEND
        )
    else:
        yield CheckResult(f"The clock shows {shown}.")


def readiness(settings: Settings) -> Iterator[CheckResult]:
    """Pass on what the running gateway says is wrong with it; nothing where none runs."""
    address = settings.dashboard
    connection = HTTPConnection(urlsplit(address.url).netloc, timeout=_PATIENCE_SECONDS)
    try:
        token = settings.monitor_token
        connection.request("GET", "/readyz", headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        body = answer.read()
        reasons = msgspec.json.decode(body, type=_Readiness).reasons if answer.status == _SERVICE_UNAVAILABLE else []
    except (OSError, HTTPException, msgspec.MsgspecError):
        return
    finally:
        connection.close()
    for reason in reasons:
        yield CheckResult(
            f"The gateway says: {reason}", fix="See the runbook, docs/howto/operate.md; its log says more."
        )


def accept_clock(settings: Settings) -> None:
    """Confirm the clock of this machine."""
    from twinbeam.app import ownership
    from twinbeam.app.known_time import accept_clock as accept
    from twinbeam.core.clock import SystemClock

    ownership.check(settings)
    now_ms = SystemClock().now_ms()
    accept(settings.data, now_ms)
    shown = datetime.fromtimestamp(now_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    click.echo(f"The clock is taken as right: it is {shown}. A running gateway goes by it within a second.")


def new_store(settings: Settings) -> None:
    """Begin with an empty store where one was lost, and set its traces aside; raises ConfigError while one is there."""
    from twinbeam.app import ownership
    from twinbeam.app.journal_folders import LOCK
    from twinbeam.app.presence import forget_store, missing_store
    from twinbeam.cli.setup import opened_store
    from twinbeam.core.clock import SystemClock
    from twinbeam.engines.locks import FileLock

    ownership.check(settings)
    if not missing_store(settings):
        raise ConfigError(f"No store is missing in {settings.data}; nothing was changed.")
    try:
        lock = FileLock.take(settings.data / LOCK, what=f"The data folder {settings.data}")
    except StorageBusy as error:
        raise ConfigError(f"{error}. Stop the gateway first.") from error
    now = datetime.fromtimestamp(SystemClock().now_ms() / 1_000, UTC)
    aside = forget_store(settings, now.strftime("%Y%m%d%H%M%S"))
    with opened_store(begins=True):
        click.echo(f"A new, empty store is in {settings.data}. Add pixels and keys again.")
    if aside is not None:
        click.echo(f"What was left of the old one is in {aside}.")
    lock.release()
