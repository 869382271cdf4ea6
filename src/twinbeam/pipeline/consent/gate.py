"""
The gate: whether an arrival may be sent, from what its event, its receipt and its request say and its pixel's rules.

The purposes are those of Google's consent mode, which nearly every banner can give: `ad_storage` (keep and read
advertising identifiers in the browser), `ad_user_data` (send data about a person to an advertising platform) and
`ad_personalization` (let the platform use it for personal advertising).
"""

from functools import cache, lru_cache
from typing import NamedTuple

from twinbeam.core.consent import NOTHING_SAID, Answer, ConsentRecord, latest
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import ConsentRules, Law
from twinbeam.core.values import Arrival, Decision, Permission
from twinbeam.pipeline.consent.records import record_of
from twinbeam.pipeline.consent.regions import law_at

Ground = tuple[Law, str]
"""The law that holds, and the words for what named it; no words where the pixel's policy simply requires permission."""

Said = tuple[Answer, Answer, Answer, Answer]
"""Answers to the three purposes, and to sale and sharing."""

_NEEDED = ("ad_storage", "ad_user_data")
_REQUIRED: Ground = ("opt_in", "")
_NOT_REQUIRED: Ground = ("not_required", "policy=not_required")


class Choices(NamedTuple):
    """What an owner decided about partial refusals."""

    strip: bool  #: ad_user_data denied: send without identifiers instead of dropping
    drop_impersonal: bool  #: ad_personalization denied: drop instead of limiting
    drop_opted_out: bool  #: opted out where the law is opt-out: likewise


def gate(arrival: Arrival, heard: ConsentRecord = NOTHING_SAID) -> tuple[Permission, ConsentRecord]:
    """Judge one arrival by what it says and what a valid receipt of it says, and give both as one record."""
    record = record_of(arrival)
    if heard is not NOTHING_SAID:
        record = latest(record, heard)
    permission = judge(arrival.rules.consent, record)
    return (permission if arrival.ends is None else _ended(arrival.ends, permission)), record


def judge(rules: ConsentRules, record: ConsentRecord) -> Permission:
    """Judge what a visitor said, under the law of the place and the decisions of the pixel's owner."""
    return _verdict(
        ground(rules, record.region.code),
        _choices(rules.user_data_denied, rules.personalization_denied, rules.opted_out),
        (record.ad_storage.answer, record.ad_user_data.answer, record.ad_personalization.answer, record.opt_out.answer),
    )


def ground(rules: ConsentRules, code: str) -> Ground:
    """Tell which law holds for a pixel's visitor in a place."""
    match rules.policy:
        case "require":
            return _REQUIRED
        case "not_required":
            return _NOT_REQUIRED
        case "by_region":
            return _named(law_at(rules.regions, code), code)


@lru_cache(maxsize=4096)
def _named(law: Law, code: str) -> Ground:
    return law, f"law={law}, region={code or 'unknown'}"


@cache
def _choices(user_data: str, personalization: str, opted_out: str) -> Choices:
    return Choices(user_data == "strip", personalization == "drop", opted_out == "drop")


@lru_cache(maxsize=1024)
def _ended(reason: Reason, permission: Permission) -> Permission:
    """Let an arrival end for another reason than the visitor's word, which its visit may hear all the same."""
    teaches = permission.decision is Decision.ALLOWED and not permission.bare
    return Permission(Decision.DROPPED, f"ends={reason}", reason, teaches=teaches)


@lru_cache(maxsize=4096)
def _verdict(ground: Ground, choices: Choices, said: Said) -> Permission:
    """Look for refusals first, since they count under every law; only then is silence judged."""
    denied = [purpose for purpose, answer in zip(_NEEDED, said, strict=False) if answer == "denied"]
    if denied and not (choices.strip and denied == ["ad_user_data"]):
        return _dropped(_basis(denied, "denied"))

    limits = _limits(said)
    drops = [signal for signal in limits if _drops(signal, ground, choices)]
    if drops:
        return _dropped(_basis(drops, "denied"), ground[1] if "opt_out" in drops else "")

    decision, basis = _permit(ground, said)
    words = _joined(basis, _basis(denied, "denied"), _basis(limits, "denied"))
    return Permission(decision, words, limited=bool(limits), bare=bool(denied))


def _limits(said: Said) -> list[str]:
    """
    Name what was refused besides the needed purposes.

    Without personal advertising the event still counts: it is sent with limited data use (tiktok.md 10.3).
    """
    return [
        name for name, answer in zip(("ad_personalization", "opt_out"), said[2:], strict=True) if answer == "denied"
    ]


def _drops(signal: str, ground: Ground, choices: Choices) -> bool:
    """
    Tell whether a partial refusal ends the event, as its owner decided.

    An opt-out of sale and sharing is the law's own word only where the law is opt-out; elsewhere it is taken for
    what it says at least: a refusal of personal advertising.
    """
    opted_out = signal == "opt_out" and ground[0] == "opt_out"
    return choices.drop_opted_out if opted_out else choices.drop_impersonal


def _permit(ground: Ground, said: Said) -> tuple[Decision, str]:
    """
    Decide where nothing that is needed was refused.

    Where the law is opt-in both purposes must be granted: storage alone says nothing about sending a person's data
    on, and that is what we do.
    """
    law, words = ground
    if law != "opt_in":
        return Decision.ALLOWED, words
    unsaid = [purpose for purpose, answer in zip(_NEEDED, said, strict=False) if not answer]
    if unsaid:
        return Decision.UNDECIDED, _joined(_basis(unsaid, "unsaid"), words)
    granted = [purpose for purpose, answer in zip(_NEEDED, said, strict=False) if answer == "granted"]
    return Decision.ALLOWED, _basis(granted, "granted")


def _dropped(*words: str) -> Permission:
    return Permission(Decision.DROPPED, _joined(*words), Reason.NO_CONSENT)


def _basis(purposes: list[str], said: str) -> str:
    return ", ".join(f"{purpose}={said}" for purpose in purposes)


def _joined(*words: str) -> str:
    return ", ".join(filter(None, words))
