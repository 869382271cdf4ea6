"""
What is wrong with a pixel, in words: each issue says what, how much, and what to do about it.

The rules are read in order; a pixel shows every rule that applies.
"""

from collections.abc import Mapping

from msgspec import Struct

from twinbeam.core.clock import MS_PER_SECOND
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.story import LastAnswer, PixelRow
from twinbeam.core.values import Side
from twinbeam.dashboard.alarms import Issue, Weight
from twinbeam.dashboard.lists import Asked
from twinbeam.dashboard.sides import Silence
from twinbeam.dashboard.sums import Sums
from twinbeam.dashboard.wording import duration, since_when, workspace_option
from twinbeam.pipeline.record.conversion import WAITED_IN_VAIN


class Facts(Struct, frozen=True):
    """What the rules look at."""

    pixel: PixelRow
    week: Sums  #: of the last 7 UTC days
    seen: Mapping[Side, int]  #: when each side last reported, in ms, among the newest conversions
    looked_at: int  #: how many of those were this pixel's
    refusal: LastAnswer | None = None  #: TikTok's word on the token the pixel has now, where that was a no
    piled: int = 0  #: what is held of events of which fewer are delivered
    silence: Silence | None = None  #: the side that used to report and does so no more
    now_ms: int = 0


def issues(facts: Facts) -> list[Issue]:
    """List what is wrong with a pixel, the worst first."""
    return [issue for rule in _RULES if (issue := rule(facts)) is not None]


def _stopped(facts: Facts) -> Issue | None:
    stopped = facts.pixel.stopped
    if stopped is None:
        return None
    what = f"Stopped {since_when(stopped)}. Conversions that wait for it to be started: {facts.week.waiting:,}."
    fix = "Nothing is sent, and the browser tag does nothing; what waits for 7 days ends unsent. To start it:"
    command = f"twinbeam pixels start {facts.pixel.code}{workspace_option(facts.pixel.workspace)}"
    return Issue(Weight.BROKEN, what, fix, command, _list(facts, "waiting"), is_alarm=True)


def _no_token(facts: Facts) -> Issue | None:
    if facts.pixel.has_token:
        return None
    waiting = facts.week.waiting
    what = f"No access token; conversions that wait for it: {waiting:,}." if waiting else "No access token."
    weight = Weight.BROKEN if waiting else Weight.IDLE
    fix = "Save the token from TikTok Events Manager; what waits is then sent by itself."
    link = _list(facts, "waiting") if waiting else ""
    return Issue(weight, what, fix, _token_command(facts.pixel), link, is_alarm=bool(waiting))


def _token_refused(facts: Facts) -> Issue | None:
    answer = facts.refusal
    if answer is None:
        return None
    said = f"code {answer.code}, {answer.message}" if answer.message else f"code {answer.code}"
    what = f"TikTok refuses the access token: {said.rstrip('.')}. Conversions that wait for it: {facts.week.waiting:,}."
    fix = "Save a new token from TikTok Events Manager, or let this one use the pixel; what waits then goes by itself."
    return Issue(Weight.BROKEN, what, fix, _token_command(facts.pixel), _list(facts, "waiting"), is_alarm=True)


def _token_command(pixel: PixelRow) -> str:
    return f"twinbeam pixels token {pixel.code}{workspace_option(pixel.workspace)} < token.txt"


def _refused(facts: Facts) -> Issue | None:
    refused = facts.week.refused
    if not refused:
        return None
    what = f"Refused by TikTok in the last 7 days: {refused:,}."
    fix = "Open one of them: its attempts carry TikTok's message."
    return Issue(Weight.LOSING, what, fix, link=_list(facts, State.REFUSED))


def _expired(facts: Facts) -> Issue | None:
    expired = facts.week.of(State.EXPIRED) - _expired_for(facts, *WAITED_IN_VAIN.values())
    if not expired:
        return None
    what = f"Expired unsent in the last 7 days: {expired:,}."
    fix = "They waited for too long; look at the token and at TikTok's answers."
    return Issue(Weight.LOSING, what, fix, link=_list(facts, State.EXPIRED))


def _silent_consent(facts: Facts) -> Issue | None:
    unsaid = _expired_for(facts, Reason.CONSENT_NEVER_SAID)
    for outcome in (Outcome.DROPPED, State.HELD):
        unsaid += dict(facts.week.reasons(outcome)).get(Reason.CONSENT_NOT_SAID, 0)
    if not unsaid or unsaid * 2 < facts.week.recorded:
        return None
    what = f"Silent about consent, which this pixel requires: {unsaid:,} of {facts.week.recorded:,} events."
    fix = "Send consent.ad_storage and consent.ad_user_data with each event, as your banner knows them."
    return Issue(Weight.LOSING, what, fix, is_alarm=True)


def _held_pile_up(facts: Facts) -> Issue | None:
    if not facts.piled:
        return None
    what = f"Held events pile up: {facts.piled:,}, and fewer of their kind are delivered."
    fix = "Let the shop's server report each order; where none does, let purchases go without its word."
    command = f"twinbeam pixels set {facts.pixel.code} confirm_purchases=off{workspace_option(facts.pixel.workspace)}"
    return Issue(Weight.LOSING, what, fix, command, _list(facts, State.HELD), is_alarm=True)


def _fell_silent(facts: Facts) -> Issue | None:
    quiet = facts.silence
    if quiet is None:
        return None
    ago = duration((facts.now_ms - quiet.since_ms) / MS_PER_SECOND)
    what = f"The {quiet.side} fell silent {ago} ago: {quiet.alone:,} {quiet.event} events since then came without it."
    return Issue(Weight.LOSING, what, _MEND_SILENCE[quiet.side], is_alarm=True)


def _never_confirmed(facts: Facts) -> Issue | None:
    alone = _expired_for(facts, Reason.NEVER_CONFIRMED)
    if not alone:
        return None
    what = f"Purchases of the last 7 days that no server confirmed: {alone:,}."
    fix = "Let the shop's server report each order; where it does, these were not orders, and were rightly not sent."
    command = f"twinbeam pixels set {facts.pixel.code} confirm_purchases=off{workspace_option(facts.pixel.workspace)}"
    return Issue(Weight.LOSING, what, f"{fix} To let the browser's word count all the same:", command)


def _two_ids(facts: Facts) -> Issue | None:
    found = dict(facts.week.findings)
    apart = found.get(Finding.ID_MISMATCH, 0)
    if not apart:
        return None
    what = f"Copies of the last 7 days that came under another id when their order had been sent: {apart:,}."
    return Issue(Weight.LOSING, what, "Give page and server one event id: leave it out, and the order gives it.")


def _contested(facts: Facts) -> Issue | None:
    contested = _expired_for(facts, Reason.CONSENT_CONTESTED)
    contested += dict(facts.week.reasons(State.HELD)).get(Reason.CONSENT_CONTESTED, 0)
    if not contested:
        return None
    what = f"Orders of the last 7 days that a browser refused without proof of whose visit it was: {contested:,}."
    fix = "Let the shop's server send visitor_id, checkout_token or order_token with each order: then no other counts."
    return Issue(Weight.LOSING, what, fix, link=_list(facts, State.HELD))


def _reused(facts: Facts) -> Issue | None:
    reused = dict(facts.week.reasons(State.HELD)).get(Reason.ORDER_REUSED, 0)
    if not reused:
        return None
    what = f"Orders that are held because their number was used before: {reused:,}."
    fix = "Look at them; where they are orders of their own, release them."
    return Issue(Weight.LOSING, what, fix, "twinbeam release ORDER", _list(facts, State.HELD))


def _twice(facts: Facts) -> Issue | None:
    twice = dict(facts.week.findings).get(Finding.SENT_TWICE, 0)
    if not twice:
        return None
    what = f"Orders of the last 7 days that were sent under two ids before a copy told that they were one: {twice:,}."
    return Issue(Weight.LOSING, what, "Send the order id, or one checkout token, with every copy.")


def _on_the_page(facts: Facts, finding: Finding, fix: str) -> Issue | None:
    n = dict(facts.week.findings).get(finding, 0)
    what = f"{finding.sentence} Events of the last 7 days that tell so: {n:,}."
    return Issue(Weight.LOSING, what, fix) if n else None


def _native_before_consent(facts: Facts) -> Issue | None:
    fix = "Put the tag's snippet before TikTok's base code, and take the base code out of your tag manager."
    return _on_the_page(facts, Finding.NATIVE_BEFORE_CONSENT, fix)


def _gate_void(facts: Facts) -> Issue | None:
    fix = "Put the tag's snippet before TikTok's base code; until then its script reports purchases as placed."
    return _on_the_page(facts, Finding.GATE_VOID, fix)


def _base_code(facts: Facts) -> Issue | None:
    found = _on_the_page(
        facts, Finding.BASE_CODE_TWICE, "Remove one of the two; look in themes, plug-ins and tag managers."
    )
    return found or _on_the_page(facts, Finding.BASE_CODE_NOT_IN_HEAD, "Move it into the head, right behind the tag.")


def _list(facts: Facts, kind: str) -> str:
    return Asked(kind, (facts.pixel.workspace, facts.pixel.code)).address()


def _expired_for(facts: Facts, *reasons: Reason) -> int:
    found = dict(facts.week.reasons(State.EXPIRED))
    return sum(found.get(reason, 0) for reason in reasons)


def _nothing_yet(facts: Facts) -> Issue | None:
    if facts.week.recorded:
        return None
    fix = "Make a key, and post events with it to /v1/events."
    command = f"twinbeam keys create server --source checkout --pixel {facts.pixel.code}"
    command += workspace_option(facts.pixel.workspace)
    return Issue(Weight.IDLE, "No event in the last 7 days.", fix, command)


def _one_sided(facts: Facts) -> Issue | None:
    missing = [side for side in Side if side not in facts.seen]
    if len(missing) != 1 or facts.looked_at < _ENOUGH or facts.pixel.event_source != "web":
        return None
    lost = _LOST_WITHOUT[missing[0]]
    return Issue(Weight.LOSING, f"Only one side reports: the {missing[0]} is silent.", lost)


#: Fewer conversions than this say nothing about a side's silence.
_ENOUGH = 20

_LOST_WITHOUT: Mapping[Side, str] = {
    Side.BROWSER: "Its copy carries the click id, the browser id and the visitor's address; send it too.",
    Side.SERVER: "Ad blockers and closed tabs hide purchases from the browser; send the server's copy too.",
}

_MEND_SILENCE: Mapping[Side, str] = {
    Side.BROWSER: "Look whether the pages still load the tag, and what it is answered in the browser's network list.",
    Side.SERVER: "Look whether the shop's server still posts: its log, its key, and what it is answered.",
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
    _two_ids,
    _twice,
    _native_before_consent,
    _gate_void,
    _base_code,
    _one_sided,
    _nothing_yet,
)
