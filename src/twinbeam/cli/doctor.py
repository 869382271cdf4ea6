"""`twinbeam doctor`."""

from collections.abc import Callable, Iterator

import click
from msgspec import Struct

from twinbeam.core.errors import TwinbeamError
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Outcome


class Finding(Struct, frozen=True):
    """One check's result: what was found, and the fix where something is wrong."""

    what: str
    fix: str = ""  #: "" when all is well

    @property
    def fine(self) -> bool:
        """Tell whether all is well."""
        return not self.fix


@click.command()
def command() -> None:
    """
    Check this installation: settings, key ring, store, journals, pixels. Exit status 1 if something is wrong.

    \b
    Examples:
      twinbeam doctor
      twinbeam doctor | grep -A1 FAIL
    """  # noqa: D301 -- \b tells click to keep the lines
    findings = list(_run(_settings))
    if all(finding.fine for finding in findings):
        findings += [finding for check in (_keyring, _store, _journals, _pixels) for finding in _run(check)]
    for finding in findings:
        click.echo(f"{'ok  ' if finding.fine else 'FAIL'} {finding.what}")
        if finding.fix:
            click.echo(f"     -> {finding.fix}")
    raise SystemExit(0 if all(finding.fine for finding in findings) else 1)


def _run(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except TwinbeamError as error:
        yield Finding("This check could not be made.", fix=str(error))


def _settings() -> Iterator[Finding]:
    from twinbeam.settings import in_force, load

    for name, value in in_force():
        yield Finding(f"{name}={value}")
    load()


def _keyring() -> Iterator[Finding]:
    from twinbeam.app.ring import open_ring
    from twinbeam.settings import load

    settings = load()
    if not settings.data.exists() and not settings.keyring.exists():
        yield Finding(f"The key ring {settings.keyring} will be made at first use.")
        return
    open_ring(settings)
    yield Finding(
        f"The key ring {settings.keyring} is readable by its owner alone.",
        fix="Move it out of the data folder and set TWINBEAM_KEYRING: a copy of the data must not hold its key."
        if settings.keyring.is_relative_to(settings.data)
        else "",
    )


def _store() -> Iterator[Finding]:
    from twinbeam.cli.setup import opened_store

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
        yield Finding("No journal yet; the first start makes one.")
        return
    free = shutil.disk_usage(settings.journal_folder).free
    reserve = settings.disk_reserve_bytes
    yield Finding(
        f"{len(slots(settings.journal_folder))} journal(s); {free // 1024**2} MiB free, {reserve // 1024**2} reserved.",
        fix="" if free > reserve else "Free some space: below the reserve the intake answers 507.",
    )


def _pixels() -> Iterator[Finding]:
    from twinbeam.cli.setup import meant_for, opened_store

    with opened_store() as store:
        rows, keys = store.pixels(), [key for key in store.access_keys() if key.revoked_ms is None]
    if not rows:
        yield Finding("No pixel is set up.", fix="twinbeam pixels add CODE --token-stdin < token.txt")
    for row in rows:
        elsewhere = meant_for(row.workspace)
        lacks_token = f"twinbeam pixels token {row.code}{elsewhere} < token.txt"
        yield Finding(
            f"Pixel {row.code} ({row.name}) has {'a' if row.has_token else 'no'} token.",
            fix="" if row.has_token else lacks_token,
        )
        writes = any(row.code in key.pixels and key.workspace == row.workspace for key in keys)
        yield Finding(
            f"Pixel {row.code} has {'a' if writes else 'no'} write key.",
            fix="" if writes else f"twinbeam keys create server --source shop --pixel {row.code}{elsewhere}",
        )
