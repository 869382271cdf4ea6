"""The checklist of one pixel, as `twinbeam doctor --pixel` prints it."""

from contextlib import closing

import click

from twinbeam.admin import pixels
from twinbeam.admin.launch.checks import LaunchCheck, Passed, launch_checks
from twinbeam.admin.launch.facts import LaunchFacts, launch_facts
from twinbeam.cli.setup import opened_admin, settings
from twinbeam.core.rules import DEFAULT_WORKSPACE
from twinbeam.destinations.tiktok.verdicts import ACCESS_CODES
from twinbeam.engines.stores.sqlite.store import SqliteReader

_WORDS = {Passed.OK: "ok  ", Passed.NOT_YET: "wait", Passed.FAILED: "FAIL", Passed.BY_HAND: "look"}


def told(workspace: str, code: str) -> int:
    """Print the checklist of a pixel and return the exit status: 1 if a check failed. Raises NotFound."""
    checks = launch_checks(_facts(workspace, code))
    for check in checks:
        for line in _lines(check):
            click.echo(line)
    return int(any(check.passed is Passed.FAILED for check in checks))


def _lines(check: LaunchCheck) -> list[str]:
    told = [f"{_WORDS[check.passed]} {check.title}: {check.evidence}"]
    return [*told, f"     -> {check.mend}"] if check.mend else told


def _facts(workspace: str, code: str) -> LaunchFacts:
    with opened_admin() as admin:
        row = pixels.known(admin, workspace, code)
        hosts = admin.store.workspaces().get(workspace, DEFAULT_WORKSPACE).hosts
        now_ms = admin.clock.now_ms()
    with closing(SqliteReader(settings().data)) as reader:
        return launch_facts(reader, row, hosts, now_ms, ACCESS_CODES)
