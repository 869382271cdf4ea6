"""`twinbeam doctor`."""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from twinbeam.core.errors import TwinbeamError
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Outcome
from twinbeam.core.rules import MAIN

if TYPE_CHECKING:
    from twinbeam.core.story import PixelRow
    from twinbeam.settings import Address


_PATIENCE_SECONDS = 2.0


class Finding(Struct, frozen=True):
    """One check's result: what was found, and the fix where something is wrong."""

    what: str
    fix: str = ""  #: "" when nothing is wrong
    is_note: bool = False  #: neither right nor wrong

    @property
    def fine(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.fix

    @property
    def word(self) -> str:
        """Mark it for a quick look."""
        return "FAIL" if self.fix else "note" if self.is_note else "ok  "


@click.command()
def command() -> None:
    """
    Check this installation: settings, key ring, store, journals, gateway, pixels. Exit status 1 if something is wrong.

    It makes and changes nothing. A gateway that does not run is a note, no failure.

    \b
    Examples:
      twinbeam doctor
      twinbeam doctor | grep -A1 FAIL
    """  # noqa: D301 -- \b tells click to keep the lines
    findings = list(_run("settings", _settings))
    if all(finding.fine for finding in findings):
        findings += [finding for of, check in _CHECKS.items() for finding in _run(of, check)]
    for finding in findings:
        click.echo(f"{finding.word} {finding.what}")
        if finding.fix:
            click.echo(f"     -> {finding.fix}")
    raise SystemExit(0 if all(finding.fine for finding in findings) else 1)


def _run(of: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except TwinbeamError as error:
        yield Finding(f"The check of the {of} could not be made.", fix=str(error))


def _settings() -> Iterator[Finding]:
    from twinbeam.settings import in_force, load

    for name, value in in_force():
        yield Finding(f"{name}={value}")
    load()


def _keyring() -> Iterator[Finding]:
    from twinbeam.app.ring import open_ring
    from twinbeam.settings import load

    settings = load()
    if not settings.keyring.exists() and not _store_file().exists():
        yield Finding(f"No key ring {settings.keyring} yet; the first use makes one.", is_note=True)
    else:
        open_ring(settings)
        yield Finding(f"The key ring {settings.keyring} is readable by its owner alone.")
    if settings.keyring.is_relative_to(settings.data):
        yield Finding(
            f"The place of the key ring, {settings.keyring}, is in the data folder {settings.data}.",
            fix="Move it out of there and set TWINBEAM_KEYRING: a copy of the data must not hold its key.",
        )


def _store_file() -> Path:
    from twinbeam.engines.stores.sqlite.store import FILE
    from twinbeam.settings import load

    return load().data / FILE


def _store() -> Iterator[Finding]:
    from twinbeam.cli.setup import opened_store

    if not _store_file().exists():
        yield Finding(f"No store {_store_file()} yet; the first use makes one.", is_note=True)
        return
    with opened_store() as store, store.one_moment():  # the law holds in every state, not across two
        counts, states, removed = store.counts(), store.states(), store.removed()
        quarantined, opens = store.quarantined(), store.opens()
    yield Finding(
        "The key ring opens the store." if opens else "The key ring does not open what this store holds.",
        fix="" if opens else "Put back the key ring that belongs to this data folder.",
    )
    yield _accounting([(count.outcome, count.n) for count in counts], states, removed)
    yield from _told_of_copies([(count.outcome, count.reason, count.n) for count in counts], states)
    yield Finding(
        f"{quarantined} events could not be recorded.",
        fix="They are kept, encrypted, in the quarantine table; please report what the log says of them."
        if quarantined
        else "",
    )


def _accounting(counts: list[tuple[str, int]], states: dict[str, int], removed: dict[str, int]) -> Finding:
    """Hold the counters against the rows, and those that are gone after their time (docs/concepts/accounting.md)."""
    counted: dict[str, int] = {}
    for outcome, n in counts:
        counted[outcome] = counted.get(outcome, 0) + n
    conversions = sum(n for rows in (states, removed) for state, n in rows.items() if state != State.DROPPED)
    ended = sum(counted.get(outcome, 0) for outcome in Outcome)
    recorded = counted.get("recorded", 0)
    adds_up = recorded == ended + conversions
    return Finding(
        f"{recorded} arrivals recorded = {ended} that opened nothing + {conversions} conversions."
        if adds_up
        else f"{recorded} arrivals recorded, but {ended} opened nothing and there are {conversions} conversions.",
        fix="" if adds_up else "Keep a copy of the data folder and report this: it must not happen.",
    )


def _told_of_copies(counts: list[tuple[str, str, int]], states: dict[str, int]) -> Iterator[Finding]:
    """Tell of what waits and of what copies disagree about: worth knowing, and nothing is wrong with the store."""
    from twinbeam.core.lifecycle import State
    from twinbeam.core.outcomes import Finding as Disagreement
    from twinbeam.pipeline.record.tally import FINDING

    yield Finding(f"{states.get(State.HELD, 0)} conversions are held for permission or confirmation.")
    for disagreement in Disagreement:
        n = sum(n for outcome, reason, n in counts if (outcome, reason) == (FINDING, disagreement))
        if n:
            yield Finding(f"{disagreement}, {n} times: {disagreement.sentence}")


def _journals() -> Iterator[Finding]:
    import shutil

    from twinbeam.engines.journals.sqlite import slots
    from twinbeam.settings import load

    settings = load()
    if not settings.journal_folder.exists():
        yield Finding("No journal yet; the first start makes one.", is_note=True)
        return
    free = shutil.disk_usage(settings.journal_folder).free
    reserve = settings.disk_reserve_bytes
    yield Finding(
        f"{len(slots(settings.journal_folder))} journal(s); {free // 1024**2} MiB free, {reserve // 1024**2} reserved.",
        fix="" if free > reserve else "Free some space: below the reserve the intake answers 507.",
    )


def _gateway() -> Iterator[Finding]:
    from twinbeam.settings import load

    settings = load()
    yield _answer_of("intake", settings.listen)
    yield _answer_of("dashboard", settings.dashboard)


def _answer_of(side: str, address: "Address") -> Finding:
    """Ask one side of the gateway for a sign of life; that it does not run may be meant."""
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlsplit

    connection = HTTPConnection(urlsplit(address.url).netloc, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, HTTPException):
        return Finding(f"Nothing answers at {address.url}: the {side} does not run.", is_note=True)
    finally:
        connection.close()
    if status == HTTPStatus.OK:
        return Finding(f"The {side} answers at {address.url}.")
    return Finding(f"What answers at {address.url} says {status} and may not be the {side}.", is_note=True)


def _pixels() -> Iterator[Finding]:
    from twinbeam.cli.setup import meant_for, opened_store

    rows, keys = [], []
    if _store_file().exists():
        with opened_store() as store:
            rows, keys = store.pixels(), [key for key in store.access_keys() if key.revoked_ms is None]
    if not rows:
        yield Finding("No pixel is set up.", fix="twinbeam pixels add CODE --token-stdin < token.txt")
    for row in rows:
        elsewhere = meant_for(row.workspace)
        lacks_token = f"twinbeam pixels token {row.code}{elsewhere} < token.txt"
        yield Finding(
            f"Pixel {row.code} ({row.name}){_where(row)} has {'a' if row.has_token else 'no'} token.",
            fix="" if row.has_token else lacks_token,
        )
        writes = any(row.code in key.pixels and key.workspace == row.workspace for key in keys)
        yield Finding(
            f"Pixel {row.code}{_where(row)} has {'a' if writes else 'no'} write key.",
            fix="" if writes else f"twinbeam keys create server --source shop --pixel {row.code}{elsewhere}",
        )


def _where(row: "PixelRow") -> str:
    return "" if row.workspace == MAIN else f" of workspace {row.workspace}"


#: What is checked once the settings are right, in this order.
_CHECKS: Mapping[str, Callable[[], Iterator[Finding]]] = {
    "key ring": _keyring,
    "store": _store,
    "journals": _journals,
    "gateway": _gateway,
    "pixels": _pixels,
}
