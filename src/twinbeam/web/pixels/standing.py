"""
Whether a pixel is active, and why, in one sentence. Pure.

Active means as in TikTok Events Manager: an event reached it within the last 7 days. What is said beside is read from
what browsers and servers reported, and from what their tags observed.
"""

from collections.abc import Callable

from msgspec import Struct

from twinbeam.checks.facts import PixelFacts
from twinbeam.core.clock import MS_PER_DAY, MS_PER_SECOND
from twinbeam.core.events_api import ApiState
from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.values import Side
from twinbeam.core.wording import duration, flowing_since, since_when
from twinbeam.pipeline.record.counters import FINDING

_LAG_MS = 15 * 60_000  #: so long Events Manager takes to show an event (tiktok.md 11.5)
_MOSTLY = 0.9
_ENOUGH = 20  #: browser copies that tell whether the script is blocked; conversions of a week that began earlier


class Status(Struct, frozen=True):
    """Whether events reach TikTok, and the sentence that says why."""

    is_active: bool
    why: str


def status_of(facts: PixelFacts) -> Status:
    """Return whether a pixel is active, and why."""
    for rule in _INACTIVE:
        why = rule(facts)
        if why:
            return Status(is_active=False, why=why)
    why = next(why for rule in _ACTIVE if (why := rule(facts)))
    late = facts.missing.sentence if facts.missing else ""
    return Status(is_active=True, why=f"{why} {late}".rstrip())


def _stopped(facts: PixelFacts) -> str:
    return "" if facts.pixel.stopped is None else f"Stopped {since_when(facts.pixel.stopped)}."


def _only_pages(facts: PixelFacts) -> str:
    """Return why nothing comes of a page that is known to hold the tag."""
    week = facts.week
    if not week.reason(Outcome.DROPPED, Reason.PAGE_SEEN) or facts.left_to_script or week.conversions:
        return ""
    if week.reason(FINDING, Finding.BASE_CODE_NOT_IN_HEAD):
        return (
            "TikTok's base code is outside the page's head. Pages were opened, and TikTok's script was not seen to "
            "report them: move it into the head."
        )
    return "The tag is on the page, but TikTok's script was not seen to report, and no event has come."


def _never_installed(facts: PixelFacts) -> str:
    if facts.seen or facts.left_to_script:
        return ""
    if facts.imported:
        return "Imported, but no traffic: neither the page nor the shop's server has reported an event here."
    return "Never installed: neither the page nor the shop's server has reported an event."


def _silent(facts: PixelFacts) -> str:
    last_ms = max(facts.seen.values(), default=0)
    if facts.left_to_script or facts.now_ms - last_ms < WEEK_DAYS * MS_PER_DAY:
        return ""
    return f"No traffic: the last event came {duration((facts.now_ms - last_ms) / MS_PER_SECOND)} ago."


def _nothing_leaves(facts: PixelFacts) -> str:
    """Return why nothing of what came has reached TikTok."""
    week = facts.week
    is_stuck = week.waiting or week.held or week.refused or week.of(State.EXPIRED)
    if week.delivered or (facts.left_to_script and not is_stuck):
        return ""
    is_due = facts.week.waiting and facts.pixel.flow is None and facts.api.state is ApiState.CONFIGURED
    if is_due and facts.now_ms - min(facts.seen.values()) < _LAG_MS:
        return "The first events have come and are being sent. TikTok shows them 5 to 15 minutes later."
    return next(why for rule in _KEPT_BACK if (why := rule(facts)))


def _paused(facts: PixelFacts) -> str:
    flow = facts.pixel.flow
    return "" if flow is None else f"Events come, but the pixel is {flow.mode} {flowing_since(flow)}."


def _no_token(facts: PixelFacts) -> str:
    return "" if facts.pixel.token_from else "Events come, but there is no access token to send them with."


def _token_rejected(facts: PixelFacts) -> str:
    return "Events come, but TikTok rejects the access token." if facts.api.state is ApiState.FAILING else ""


def _all_refused(facts: PixelFacts) -> str:
    return "Events are sent, but TikTok rejects all of them." if facts.week.refused else ""


def _all_held(facts: PixelFacts) -> str:
    held = facts.week.held or facts.week.of(State.EXPIRED)
    return "Events come, but all of them wait for consent or for the shop's confirmation." if held else ""


def _kept(facts: PixelFacts) -> str:
    return "Events come, and are on their way." if facts.week.waiting else "Events come, but none of them may be sent."


def _blocked(facts: PixelFacts) -> str:
    copies, blocked = facts.browser_copies, facts.week.reason(FINDING, Finding.NATIVE_BLOCKED)
    if copies < _ENOUGH or blocked < _MOSTLY * copies:
        return ""
    return "TikTok's own script is blocked in nearly all browsers, or not on the page: only Twinbeam's copies arrive."


def _outside_head(facts: PixelFacts) -> str:
    if not facts.week.reason(FINDING, Finding.BASE_CODE_NOT_IN_HEAD):
        return ""
    return "TikTok's base code is not in the page's head, so it misses visitors who leave early."


def _just_began(facts: PixelFacts) -> str:
    is_new = facts.week.conversions < _ENOUGH and facts.now_ms - min(facts.seen.values(), default=0) < _LAG_MS
    if not is_new:
        return ""
    return "The first events have just come. TikTok shows them 5 to 15 minutes later."


def _left_to_script(facts: PixelFacts) -> str:
    return "" if facts.seen else "TikTok's own script reports; Twinbeam leaves all events to it."


def _one_side(facts: PixelFacts) -> str:
    recent = [side for side, at_ms in facts.seen.items() if facts.now_ms - at_ms < WEEK_DAYS * MS_PER_DAY]
    if facts.pixel.event_source != "web" or len(recent) != 1:
        return ""
    return "Only the server reports." if recent == [Side.SERVER] else "Only the browser reports."


def _well(facts: PixelFacts) -> str:
    return "Events arrive." if facts.pixel.event_source != "web" else "Browser and server report."


Rule = Callable[[PixelFacts], str]

_INACTIVE: tuple[Rule, ...] = (_stopped, _only_pages, _never_installed, _silent, _nothing_leaves)
_KEPT_BACK: tuple[Rule, ...] = (_paused, _no_token, _token_rejected, _all_refused, _all_held, _kept)
_ACTIVE: tuple[Rule, ...] = (_blocked, _outside_head, _just_began, _left_to_script, _one_side, _well)
