"""
What is wrong with a pixel, in words: each issue says what, how much, and what to do about it.

The rules are read in order; a pixel shows every rule that applies.
"""

from collections.abc import Mapping

from msgspec import Struct

from twinbeam.admin.events_api import ApiState, EventsApi
from twinbeam.core.clock import MS_PER_DAY, MS_PER_SECOND
from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.story import PixelRow
from twinbeam.core.values import Side
from twinbeam.pipeline.record.conversion import WAITED_IN_VAIN
from twinbeam.pipeline.record.counters import FINDING
from twinbeam.web.alarms import Issue, Weight
from twinbeam.web.conversions.lists import Asked
from twinbeam.web.pixels.missing import Missing
from twinbeam.web.pixels.sides import Silence
from twinbeam.web.sums import Sums
from twinbeam.web.wording import duration, since_when, workspace_option


class PixelFacts(Struct, frozen=True):
    """What the rules look at."""

    pixel: PixelRow
    week: Sums  #: of the last 7 UTC days
    seen: Mapping[Side, int]  #: when each side last reported, in ms
    api: EventsApi  #: whether TikTok takes its token
    piled: int = 0  #: what is held of events of which fewer are delivered
    silence: Silence | None = None  #: the side that used to report and does so no more
    now_ms: int = 0
    missing: Missing | None = None  #: what TikTok accepted and does not count
    imported: bool = False  #: an account lists it
    browser_copies: int = 0  #: conversions of the week that the browser reported

    @property
    def left_to_script(self) -> int:
        """What was left to TikTok's own script, of the week."""
        return self.week.reason(Outcome.DROPPED, Reason.LEFT_TO_BROWSER)


def issues(facts: PixelFacts) -> list[Issue]:
    """List what is wrong with a pixel, the worst first."""
    return [issue for rule in _RULES if (issue := rule(facts)) is not None]


def _stopped(facts: PixelFacts) -> Issue | None:
    stopped = facts.pixel.stopped
    if stopped is None:
        return None
    what = f"Stopped {since_when(stopped)}. Conversions waiting until it is started: {facts.week.waiting:,}."
    fix = "Nothing is sent, and the browser tag does nothing. What waits for 7 days expires. To start it:"
    command = f"twinbeam pixels start {facts.pixel.code}{workspace_option(facts.pixel.workspace)}"
    return Issue(Weight.BROKEN, what, fix, command, _list(facts, "waiting"), is_alarm=True)


def _no_token(facts: PixelFacts) -> Issue | None:
    if facts.pixel.token_from or not facts.pixel.rules.expects("server"):
        return None
    waiting = facts.week.waiting
    what = f"No access token; conversions that wait for it: {waiting:,}." if waiting else "No access token."
    weight = Weight.BROKEN if waiting else Weight.IDLE
    fix = "Save the token from TikTok Events Manager; waiting conversions are then sent automatically."
    link = _list(facts, "waiting") if waiting else ""
    return Issue(weight, what, fix, _token_command(facts.pixel), link, is_alarm=bool(waiting))


def _token_refused(facts: PixelFacts) -> Issue | None:
    api = facts.api
    if api.state is not ApiState.FAILING:
        return None
    what = f"TikTok rejects the access token: {api.answer}. Conversions that wait for it: {facts.week.waiting:,}."
    fix = f"{api.advice} Sending then resumes."
    return Issue(Weight.BROKEN, what, fix, _token_command(facts.pixel), _list(facts, "waiting"), is_alarm=True)


def _token_command(pixel: PixelRow) -> str:
    return f"twinbeam pixels token {pixel.code}{workspace_option(pixel.workspace)} < token.txt"


def _refused(facts: PixelFacts) -> Issue | None:
    refused = facts.week.refused
    if not refused:
        return None
    what = f"Rejected by TikTok in the last 7 days: {refused:,}."
    fix = "Open one to read TikTok's message."
    return Issue(Weight.LOSING, what, fix, link=_list(facts, State.REFUSED))


def _expired(facts: PixelFacts) -> Issue | None:
    expired = facts.week.of(State.EXPIRED) - _expired_for(facts, *WAITED_IN_VAIN.values())
    if not expired:
        return None
    what = f"Expired unsent in the last 7 days: {expired:,}."
    fix = "They waited too long; check the token and TikTok's answers."
    return Issue(Weight.LOSING, what, fix, link=_list(facts, State.EXPIRED))


def _silent_consent(facts: PixelFacts) -> Issue | None:
    unsaid = _expired_for(facts, Reason.CONSENT_NEVER_SAID)
    for outcome in (Outcome.DROPPED, State.HELD):
        unsaid += facts.week.reason(outcome, Reason.CONSENT_NOT_SAID)
    if not unsaid or unsaid * 2 < facts.week.recorded:
        return None
    what = f"Events without consent, which this pixel requires: {unsaid:,} of {facts.week.recorded:,}."
    fix = "Send consent.ad_storage and consent.ad_user_data with each event, as your banner knows them."
    return Issue(Weight.LOSING, what, fix, is_alarm=True)


def _held_pile_up(facts: PixelFacts) -> Issue | None:
    if not facts.piled:
        return None
    what = f"Held events pile up: {facts.piled:,}; fewer of the same events are delivered."
    fix = "Report each order from the shop's server; if no server reports, send purchases without confirmation:"
    command = f"twinbeam pixels set {facts.pixel.code} confirm_purchases=off{workspace_option(facts.pixel.workspace)}"
    return Issue(Weight.LOSING, what, fix, command, _list(facts, State.HELD), is_alarm=True)


def _fell_silent(facts: PixelFacts) -> Issue | None:
    quiet = facts.silence
    if quiet is None or not _is_awaited(facts, quiet.side):
        return None
    ago = duration((facts.now_ms - quiet.since_ms) / MS_PER_SECOND)
    what = f"The {quiet.side} stopped reporting {quiet.event} {ago} ago; since then {quiet.alone:,} came without it."
    return Issue(Weight.LOSING, what, _MEND_SILENCE[quiet.side], is_alarm=True)


def _never_confirmed(facts: PixelFacts) -> Issue | None:
    alone = _expired_for(facts, Reason.NEVER_CONFIRMED)
    if not alone:
        return None
    what = f"Purchases of the last 7 days that no server confirmed: {alone:,}."
    fix = "Report each order from the shop's server. If it does, these were no orders. To send them unconfirmed:"
    command = f"twinbeam pixels set {facts.pixel.code} confirm_purchases=off{workspace_option(facts.pixel.workspace)}"
    return Issue(Weight.LOSING, what, fix, command)


def _two_ids(facts: PixelFacts) -> Issue | None:
    apart = facts.week.reason(FINDING, Finding.ID_MISMATCH)
    if not apart:
        return None
    what = f"Copies of the last 7 days that came under another id when their order had been sent: {apart:,}."
    return Issue(Weight.LOSING, what, "Give page and server one event id: leave it out, and the order gives it.")


def _contested(facts: PixelFacts) -> Issue | None:
    contested = _expired_for(facts, Reason.CONSENT_CONTESTED)
    contested += facts.week.reason(State.HELD, Reason.CONSENT_CONTESTED)
    if not contested:
        return None
    what = f"Orders of the last 7 days that a browser refused without proof of whose visit it was: {contested:,}."
    fix = "Let the shop's server send visitor_id, checkout_token or order_token with each order: then no other counts."
    return Issue(Weight.LOSING, what, fix, link=_list(facts, State.HELD))


def _reused(facts: PixelFacts) -> Issue | None:
    reused = facts.week.reason(State.HELD, Reason.ORDER_REUSED)
    if not reused:
        return None
    what = f"Orders that are held because their number was used before: {reused:,}."
    fix = "Look at them; where they are orders of their own, release them."
    return Issue(Weight.LOSING, what, fix, "twinbeam release ORDER", _list(facts, State.HELD))


def _restored(facts: PixelFacts) -> Issue | None:
    restored = facts.week.reason(State.HELD, Reason.RESTORED)
    if not restored:
        return None
    what = f"Events that are held since the store was restored, because TikTok may have them: {restored:,}."
    fix = "Send them if TikTok's own numbers lack them, else discard them."
    return Issue(Weight.LOSING, what, fix, "twinbeam restored", _list(facts, State.HELD))


def _twice(facts: PixelFacts) -> Issue | None:
    twice = facts.week.reason(FINDING, Finding.SENT_TWICE)
    if not twice:
        return None
    what = f"Orders of the last 7 days that were sent under two ids before a copy told that they were one: {twice:,}."
    return Issue(Weight.LOSING, what, "Send the order id, or one checkout token, with every copy.")


def _on_the_page(facts: PixelFacts, finding: Finding, fix: str) -> Issue | None:
    n = facts.week.reason(FINDING, finding)
    what = f"{finding.sentence} Events of the last 7 days that tell so: {n:,}."
    return Issue(Weight.LOSING, what, fix) if n else None


def _native_before_consent(facts: PixelFacts) -> Issue | None:
    fix = "Put the tag's snippet before TikTok's base code, and take the base code out of your tag manager."
    return _on_the_page(facts, Finding.NATIVE_BEFORE_CONSENT, fix)


def _gate_void(facts: PixelFacts) -> Issue | None:
    fix = "Put the tag's snippet before TikTok's base code; until then its script reports purchases as placed."
    return _on_the_page(facts, Finding.GATE_VOID, fix)


def _base_code(facts: PixelFacts) -> Issue | None:
    found = _on_the_page(
        facts, Finding.BASE_CODE_TWICE, "Remove one of the two; look in themes, plug-ins and tag managers."
    )
    return found or _on_the_page(facts, Finding.BASE_CODE_NOT_IN_HEAD, "Move it into the head, right behind the tag.")


def _not_counted(facts: PixelFacts) -> Issue | None:
    if facts.missing is None or not facts.missing.overdue:
        return None
    what = f"Accepted by TikTok, and still not in its statistics: {facts.missing.overdue:,}."
    fix = "Compare the events in Events Manager, and look there at Diagnostics; TikTok may have dropped them."
    return Issue(Weight.LOSING, what, fix, link=_list(facts, State.DELIVERED))


def _list(facts: PixelFacts, kind: str) -> str:
    return Asked(kind, (facts.pixel.workspace, facts.pixel.code)).address()


def _expired_for(facts: PixelFacts, *reasons: Reason) -> int:
    return sum(facts.week.reason(State.EXPIRED, reason) for reason in reasons)


def _nothing_yet(facts: PixelFacts) -> Issue | None:
    if facts.week.recorded:
        return None
    fix = "Make a key, and post events with it to /v1/events."
    command = f"twinbeam keys create server --source checkout --pixel {facts.pixel.code}"
    command += workspace_option(facts.pixel.workspace)
    return Issue(Weight.IDLE, "No event in the last 7 days.", fix, command)


def _one_sided(facts: PixelFacts) -> Issue | None:
    since_ms = facts.now_ms - WEEK_DAYS * MS_PER_DAY
    missing = [side for side in Side if facts.seen.get(side, 0) < since_ms]
    told = facts.silence is not None or facts.pixel.event_source != "web"
    if len(missing) != 1 or told or facts.week.recorded < _ENOUGH or not _is_awaited(facts, missing[0]):
        return None
    what = f"Only one side reports: the {missing[0]} has not for 7 days or more."
    return Issue(Weight.LOSING, what, _LOST_WITHOUT[missing[0]])


def _is_awaited(facts: PixelFacts, side: Side) -> bool:
    """Return whether a side has to report by the pixel's rules: where one alone is to, the other's silence is right."""
    return facts.pixel.rules.expects("browser" if side is Side.BROWSER else "server")


#: Fewer events than this say nothing about a side's silence.
_ENOUGH = 20

_LOST_WITHOUT: Mapping[Side, str] = {
    Side.BROWSER: "Send the browser's copy too: it carries the click id, the browser id and the visitor's address.",
    Side.SERVER: "Send the server's copy too: ad blockers and closed tabs hide purchases from the browser.",
}

_MEND_SILENCE: Mapping[Side, str] = {
    Side.BROWSER: "Check that the pages still load the tag, and its answers in the browser's network tab.",
    Side.SERVER: "Check that the shop's server still posts: its log, its key, and the answers it gets.",
}

_RULES = (
    _stopped,
    _no_token,
    _token_refused,
    _held_pile_up,
    _fell_silent,
    _refused,
    _expired,
    _silent_consent,
    _never_confirmed,
    _contested,
    _reused,
    _restored,
    _two_ids,
    _twice,
    _native_before_consent,
    _gate_void,
    _base_code,
    _not_counted,
    _one_sided,
    _nothing_yet,
)
