"""`twinbeam doctor`: the command; `checks.py` lists what it looks at."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import click

from twinbeam.cli.options import json_option, workspace_option
from twinbeam.core.errors import TwinbeamError

if TYPE_CHECKING:
    from twinbeam.cli.doctor.check_result import CheckResult
    from twinbeam.settings import Settings


@click.command()
@click.option("--accept-clock", is_flag=True, help="Confirm that the clock of this machine is right.")
@click.option("--new-store", is_flag=True, help="Begin with an empty store after the store was lost.")
@click.option("--settings", "with_settings", is_flag=True, help="Show every setting in force as well, at the end.")
@click.option("--pixel", default="", help="The checklist of one pixel, before money is spent on its ads.")
@workspace_option
@json_option
def command(
    *, accept_clock: bool, new_store: bool, with_settings: bool, pixel: str, workspace: str, as_json: bool
) -> None:
    """
    Check this installation and say what to correct. The exit status is 1 if something is wrong.

    \b
    It looks at
      settings   values that are not valid; --settings shows every TWINBEAM_ variable in force
      files      who owns them, who else may read them, whether the key ring opens them
      store      whether it is there and adds up, its schema, what could not be recorded or was lost
      jobs       whether the last run of one failed
      alerts     how many go on, whether each channel takes them
      disk       how long it takes to sync, how much room is left
      backups    how old the newest good one is
      clock      whether it can be right, and is TikTok's
      gateway    whether it answers and keeps up, who else has its port or may see its pages
      TikTok     whether it can be reached
      visitors   whether a proxy hides them, and whether pages of other hosts report
      pixels     their codes, which are stopped, rejected tokens, whether a key leads to them

    \b
    What is wrong comes first. A line begins with
      FAIL  something is wrong; the line below it, after "->", says what to do
      note  nothing is wrong, but it may not be what you expect
      ok    nothing to do

    With --pixel it checks what the pixel's pages and servers have reported in the last 7 days, and nothing else.
    There "wait" begins a line about what has not come yet, and "look" one that a person has to look at.

    Without an option it changes nothing. A gateway that is not running is a note. Run it as the account that the
    gateway runs as, with the same settings.

    \b
    Examples:
      twinbeam doctor
      twinbeam doctor --settings
      twinbeam doctor --pixel C4A5B6C7D8E9F0G1H2I3
      twinbeam doctor --accept-clock
    """  # noqa: D301 -- \b tells click to keep the lines
    if accept_clock or new_store:
        _mend(accept_clock=accept_clock, new_store=new_store)
        return
    if pixel:
        from twinbeam.cli.doctor.launch import told

        raise SystemExit(told(workspace, pixel))
    chosen, found = _found()
    if as_json:
        lines = [{"result": it.word.strip().lower(), "what": it.what, "fix": it.fix} for it in [*chosen, *found]]
        click.echo(json.dumps(lines))
    else:
        _tell(found)
        _tell_settings(chosen, whole=with_settings)
    raise SystemExit(0 if all(it.fine for it in found) else 1)


def _tell(found: "list[CheckResult]") -> None:
    """Print what is wrong first, and what is right last."""
    for finding in sorted(found, key=lambda it: (it.fine, not it.is_note)):
        click.echo(f"{finding.word} {finding.what}")
        if finding.fix:
            click.echo(f"     -> {finding.fix}")


def _tell_settings(chosen: "list[CheckResult]", *, whole: bool) -> None:
    from twinbeam.settings import in_force

    usual = dict(in_force({}))
    names = [name for name, value in in_force() if value != usual.get(name)]
    click.echo()
    if whole:
        click.echo("\n".join(it.what for it in chosen))
        return
    click.echo(f"Settings that are not the defaults: {', '.join(names) or 'none'}. All: twinbeam doctor --settings")


def _mend(*, accept_clock: bool, new_store: bool) -> None:
    from twinbeam.cli.doctor import machine
    from twinbeam.settings import load

    settings = load()
    if accept_clock:
        machine.accept_clock(settings)
    if new_store:
        machine.new_store(settings)


def _found() -> "tuple[list[CheckResult], list[CheckResult]]":
    """Return the settings in force, and what the checks found."""
    from twinbeam.cli.doctor.check_result import CheckResult
    from twinbeam.cli.doctor.checks import CHECKS, OWNER
    from twinbeam.settings import in_force, load

    chosen = [CheckResult(f"{name}={value}") for name, value in in_force()]
    if unreadable := list(_made("settings", _unreadable)):
        return chosen, unreadable
    settings = load()
    found = list(_made(OWNER.of, lambda: OWNER.make(settings)))
    owned = all(finding.fine for finding in found)
    for check in CHECKS:
        if owned or not check.opens_files:
            found += _made(check.of, _asked(check.make, settings))
    return chosen, found


def _asked(
    make: "Callable[[Settings], Iterable[CheckResult]]", settings: "Settings"
) -> "Callable[[], Iterable[CheckResult]]":
    return lambda: make(settings)


def _made(of: str, check: "Callable[[], Iterable[CheckResult]]") -> "Iterator[CheckResult]":
    """Make a check; one that cannot be made is a finding, too."""
    from twinbeam.cli.doctor.check_result import CheckResult

    try:
        yield from check()
    except TwinbeamError as error:
        yield CheckResult(f"The check of the {of} could not be made.", fix=str(error))
    except OSError as error:
        yield CheckResult(
            f"The check of the {of} could not be made.",
            fix=f"{error.filename}: {error.strerror}; run this as the account that the gateway runs as.",
        )


def _unreadable() -> "Iterator[CheckResult]":
    """Yield nothing; raises ConfigError where a setting is not valid."""
    from twinbeam.settings import load

    load()
    yield from ()
