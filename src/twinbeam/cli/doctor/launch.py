"""The checklist of one pixel, as `twinbeam doctor --pixel` prints it."""

import click

from twinbeam.admin.launch.checks import LaunchCheck, Passed, launch_checks
from twinbeam.cli.doctor.pixels import facts_of

_WORDS = {Passed.OK: "ok  ", Passed.NOT_YET: "wait", Passed.FAILED: "FAIL", Passed.BY_HAND: "look"}


def told(workspace: str, code: str) -> int:
    """Print the checklist of a pixel and return the exit status: 1 if a check failed. Raises NotFound."""
    checks = launch_checks(facts_of(workspace, code))
    for check in checks:
        for line in _lines(check):
            click.echo(line)
    return int(any(check.passed is Passed.FAILED for check in checks))


def _lines(check: LaunchCheck) -> list[str]:
    told = [f"{_WORDS[check.passed]} {check.title}: {check.evidence}"]
    return [*told, f"     -> {check.mend}"] if check.mend else told
