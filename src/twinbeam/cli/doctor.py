"""`twinbeam doctor`."""

from collections.abc import Callable, Iterator

import click
from msgspec import Struct

from twinbeam.core.errors import TwinbeamError


class Finding(Struct, frozen=True):
    """One check's result: the sentence, and the fix where something is wrong."""

    fine: bool
    what: str
    fix: str = ""


@click.command()
def command() -> None:
    """
    Check this installation: settings, keys, store, journals, pixels. Exit status 1 if something is wrong.

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
        yield Finding(fine=False, what=str(error))


def _settings() -> Iterator[Finding]:
    from twinbeam.settings import in_force, load

    for name, value in in_force():
        yield Finding(fine=True, what=f"{name}={value}")
    load()


def _keyring() -> Iterator[Finding]:
    from twinbeam.engines.keyring import KeyRing
    from twinbeam.settings import load

    settings = load()
    if not settings.keyring.exists():
        yield Finding(fine=True, what=f"The key ring {settings.keyring} will be made at first use.")
        return
    KeyRing.open(settings.keyring)
    inside = settings.keyring.is_relative_to(settings.data)
    yield Finding(
        fine=not inside,
        what=f"The key ring {settings.keyring} is readable by its owner alone.",
        fix="Move it out of the data folder and set TWINBEAM_KEYRING: a copy of the data must not hold its key."
        if inside
        else "",
    )


def _store() -> Iterator[Finding]:
    from twinbeam.cli.setup import opened_store

    with opened_store() as store, store.one_moment():  # the law holds in every state, not across two
        counted: dict[str, int] = {}
        for count in store.counts():
            counted[count.outcome] = counted.get(count.outcome, 0) + count.n
        states = {state: n for state, n in store.states().items() if state != "dropped"}
        quarantined = store.quarantined()
    ended = sum(counted.get(outcome, 0) for outcome in ("dropped", "merged", "duplicate", "quarantined"))
    adds_up = counted.get("recorded", 0) == ended + sum(states.values())
    yield Finding(
        fine=adds_up,
        what=f"{counted.get('recorded', 0)} arrivals recorded, {sum(states.values())} conversions: the sum adds up.",
        fix="" if adds_up else "Keep a copy of the data folder and report this: it must not happen.",
    )
    yield Finding(
        fine=quarantined == 0,
        what=f"{quarantined} events could not be recorded.",
        fix="They are kept, encrypted, in the quarantine table." if quarantined else "",
    )


def _journals() -> Iterator[Finding]:
    import shutil

    from twinbeam.engines.journals.sqlite import slots
    from twinbeam.settings import load

    settings = load()
    files = slots(settings.journal_folder)
    free = shutil.disk_usage(settings.data).free
    enough = free > settings.disk_reserve_bytes
    yield Finding(
        fine=enough,
        what=f"{len(files)} journal(s); {free // 1024**2} MiB free, of which "
        f"{settings.disk_reserve_bytes // 1024**2} are kept in reserve.",
        fix="" if enough else "Free some space: below the reserve the intake answers 507.",
    )


def _pixels() -> Iterator[Finding]:
    from twinbeam.cli.setup import opened_store

    with opened_store() as store:
        rows, keys = store.pixels(), [key for key in store.access_keys() if key.revoked_ms is None]
    if not rows:
        yield Finding(fine=False, what="No pixel is set up.", fix="twinbeam pixels add CODE --token-stdin < token.txt")
    for row in rows:
        fix = "" if row.has_token else f"twinbeam pixels token {row.code} < token.txt"
        yield Finding(fine=row.has_token, what=f"Pixel {row.code} ({row.name}) has a token.", fix=fix)
        writes = any(row.code in key.pixels for key in keys)
        make = f"twinbeam keys create server --source shop --pixel {row.code}"
        yield Finding(fine=writes, what=f"Pixel {row.code} has a write key.", fix="" if writes else make)
