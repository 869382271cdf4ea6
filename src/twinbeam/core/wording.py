"""Words and numbers that commands, pages and checks say alike: times in UTC, durations, the option of a workspace."""

from datetime import UTC, datetime

from twinbeam.core.rules import MAIN
from twinbeam.core.story import Flow, Stopped


def workspace_option(workspace: str) -> str:
    """Return what a command needs beside the code of a pixel; the one workspace a single shop has is not named."""
    return "" if workspace == MAIN else f" --workspace {workspace}"


def since_when(stopped: Stopped) -> str:
    """Return since when a pixel is stopped, by whom and why, such as "since 2026-09-01 10:00:00 UTC by ada"."""
    who = f" by {stopped.who}" if stopped.who else ""
    return f"since {moment_of(stopped.since_ms):%Y-%m-%d %H:%M:%S} UTC{who}{': ' if stopped.why else ''}{stopped.why}"


def flowing_since(flow: Flow) -> str:
    """Return since when a pixel is paused or drained, and by whom."""
    return f"since {utc(flow.since_ms)} by {flow.who}"


def utc(ms: int) -> str:
    """Return a moment, such as "2026-09-01 10:00:00 UTC"."""
    return f"{moment_of(ms):%Y-%m-%d %H:%M:%S} UTC"


def duration(seconds: float) -> str:
    """Write a length of time in the coarsest unit that says enough."""
    if seconds < 0.05:
        return "0 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.0f} h"


def moment_of(ms: int) -> datetime:
    """Return a moment as a date and time in UTC."""
    return datetime.fromtimestamp(ms / 1_000, UTC)
