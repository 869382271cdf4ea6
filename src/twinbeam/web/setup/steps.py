"""
The steps of setting a pixel up, and where each stands: derived from facts, so that nothing is ticked off by a click.

Pure; the facts are those of the checklist, and which keys lead to the pixel.
"""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from twinbeam.admin.launch.checks import LATE_SECONDS, LaunchCheck, Passed, launch_checks, ready
from twinbeam.admin.launch.facts import LaunchFacts
from twinbeam.admin.launch.senders import signs
from twinbeam.admin.launch.ways import NAMES
from twinbeam.core.clock import MS_PER_SECOND
from twinbeam.core.events_api import ApiState
from twinbeam.core.story import CopySeen, Story
from twinbeam.core.values import Side
from twinbeam.web.conversions.lists import Asked


class StepState(StrEnum):
    """Where a step stands."""

    DONE = "done"
    OPEN = "to do"
    TROUBLE = "failed"


class Step(Struct, frozen=True):
    """One step."""

    key: str
    title: str
    state: StepState
    sentence: str


class Leading(Struct, frozen=True):
    """What may report to a pixel: its keys and signed sources, by their kinds."""

    browser: Sequence[str] = ()  #: ids of keys
    server: Sequence[str] = ()  #: ids of keys, and names of sources
    account: str = ""  #: the name of the account that it was imported from


class Pair(Struct, frozen=True):
    """The newest conversion that both sides reported, as it is shown."""

    story: Story
    browser: CopySeen
    server: CopySeen
    gap_seconds: float
    sentence: str


class SetupPage(Struct, frozen=True):
    """All that the page shows of one pixel."""

    facts: LaunchFacts
    leading: Leading
    steps: Sequence[Step]
    checks: Sequence[LaunchCheck]
    signs: Sequence[str]
    pair: Pair | None
    ready: bool

    @property
    def list_address(self) -> str:
        """Return where the pixel's conversions are listed."""
        return Asked(pixel=(self.facts.row.workspace, self.facts.row.code)).address()


def setup_of(facts: LaunchFacts, leading: Leading) -> SetupPage:
    """Work out what the page shows."""
    checks, pair, found = launch_checks(facts), pair_of(facts), signs(facts)
    steps = [
        _pixel(facts, leading),
        _token(facts),
        _way(facts),
        _senders(found),
        _install(facts, leading),
        _listening(facts),
        _proof(facts, pair),
        _checklist(checks),
    ]
    return SetupPage(facts, leading, steps, checks, found, pair, ready(checks))


def pair_of(facts: LaunchFacts) -> Pair | None:
    """Return both copies of the newest pair, or None while there is none."""
    story = facts.pair
    if story is None:
        return None
    browser = next((copy for copy in story.copies if copy.channel == "browser"), None)
    server = next((copy for copy in story.copies if copy.channel != "browser"), None)
    if browser is None or server is None:  # their content is no longer kept
        return None
    gap = abs(browser.received_ms - server.received_ms) / MS_PER_SECOND
    return Pair(story, browser, server, gap, _verdict(facts, gap))


def _verdict(facts: LaunchFacts, gap_seconds: float) -> str:
    if facts.row.rules.way != "both":
        return "TikTok will count one: one side alone reports it."
    if gap_seconds > LATE_SECONDS:
        return "TikTok will count one: both copies have one event id. The second came too late to add anything to it."
    return "TikTok will count one: both copies have one event id."


def _pixel(facts: LaunchFacts, leading: Leading) -> Step:
    how = f"was imported from account {leading.account}" if facts.row.account else "was added by its code"
    return Step("pixel", "Pixel", StepState.DONE, f"{facts.row.name or facts.row.code} {how}.")


def _token(facts: LaunchFacts) -> Step:
    if not facts.row.rules.expects("server"):
        return Step("token", "Token", StepState.DONE, "Not needed: all events are left to TikTok's script.")
    state = StepState.DONE if facts.api.proven else StepState.OPEN
    if facts.api.state is ApiState.FAILING:
        state = StepState.TROUBLE
    return Step("token", "Token", state, facts.api.sentence)


def _way(facts: LaunchFacts) -> Step:
    return Step("way", "Way", StepState.DONE, f"{NAMES[facts.row.rules.way]}.")


def _senders(found: Sequence[str]) -> Step:
    if found:
        return Step("senders", "Other senders", StepState.TROUBLE, " ".join(found))
    return Step("senders", "Other senders", StepState.DONE, "Nothing reported points to another sender.")


def _install(facts: LaunchFacts, leading: Leading) -> Step:
    rules = facts.row.rules
    missing = [
        side
        for side, keys in ((Side.BROWSER, leading.browser), (Side.SERVER, leading.server))
        if rules.expects("browser" if side is Side.BROWSER else "server") and not keys
    ]
    if missing:
        return Step("install", "Install", StepState.OPEN, f"No key yet for the {' and the '.join(missing)}.")
    return Step("install", "Install", StepState.DONE, "There are keys for those who report.")


def _listening(facts: LaunchFacts) -> Step:
    awaited = [side for side in Side if facts.row.rules.expects("browser" if side is Side.BROWSER else "server")]
    missing = [side.value for side in awaited if side not in facts.seen]
    if missing:
        return Step("listen", "Listening", StepState.OPEN, f"No event yet from the {' and the '.join(missing)}.")
    return Step("listen", "Listening", StepState.DONE, f"Events came from the {' and the '.join(awaited)}.")


def _proof(facts: LaunchFacts, pair: Pair | None) -> Step:
    if facts.row.rules.way != "both":
        return Step("pair", "Deduplication", StepState.DONE, "Not needed: one side alone reports.")
    if pair is None:
        return Step("pair", "Deduplication", StepState.OPEN, "No conversion has come from both sides yet.")
    return Step("pair", "Deduplication", StepState.DONE, pair.sentence)


def _checklist(checks: Sequence[LaunchCheck]) -> Step:
    failed = sum(check.passed is Passed.FAILED for check in checks)
    waiting = sum(check.passed is Passed.NOT_YET for check in checks)
    if failed:
        return Step("checks", "Checklist", StepState.TROUBLE, f"Failed: {failed}. Not yet: {waiting}.")
    if ready(list(checks)):
        return Step("checks", "Checklist", StepState.DONE, "Nothing failed. Look at what is to be seen by hand.")
    return Step("checks", "Checklist", StepState.OPEN, f"Not yet: {waiting}.")
