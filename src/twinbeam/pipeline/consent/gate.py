"""
The gate: whether an arrival may be sent, from what its event, its receipt and its request say and its pixel's rules.

The purposes are those of Google's consent mode, which nearly every banner can give: `ad_storage` (keep and read
advertising identifiers in the browser), `ad_user_data` (send data about a person to an advertising platform) and
`ad_personalization` (let the platform use it for personal advertising).
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from msgspec.structs import replace

from twinbeam.core.consent import BANNER, EDGE, LIMITABLE, NOTHING_SAID, Answer, ConsentRecord, latest
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import ConsentRules, Law
from twinbeam.core.values import Arrival, Decision, Permission
from twinbeam.pipeline.consent.records import record_of
from twinbeam.pipeline.consent.regions import LIMITED_DATA_USE, law_at

Said = tuple[Answer, Answer, Answer, Answer]
"""Answers to the three purposes, and to sale and sharing."""

_NEEDED = ("ad_storage", "ad_user_data")
_PERSONAL = ("ad_personalization", "opt_out")

_STRICTNESS: dict[Law, int] = {"not_required": 0, "opt_out": 1, "opt_in": 2}


class Ground(NamedTuple):
    """What an event stands on, whatever its visitor said."""

    law: Law
    words: str  #: what named the law; none where the pixel's policy simply requires permission
    event_source: str
    limitable: bool  #: TikTok acts on limited data use there


class Choices(NamedTuple):
    """What an owner decided about partial refusals."""

    strip: bool  #: ad_user_data denied: send without identifiers instead of dropping
    drop_impersonal: bool  #: ad_personalization denied: drop instead of limiting
    drop_opted_out: bool  #: opted out where the law is opt-out: likewise


class VisitorPlaces(NamedTuple):
    """Where the visitor is said and seen to be."""

    stated: str
    is_banner: bool  #: it is not an address
    seen: str | None  #: None where the delivery network says nothing


def gate(arrival: Arrival, heard: ConsentRecord = NOTHING_SAID) -> tuple[Permission, ConsentRecord]:
    """Judge one arrival by what it says and what a valid receipt of it says, and give both as one record."""
    record = record_of(arrival)
    if heard is not NOTHING_SAID:
        record = latest(record, heard)
    permission = judge(arrival.rules.consent, record, arrival.item.event_source)
    if arrival.item.limited_data_use:
        permission = _asked_to_limit(permission, arrival.item.event_source)
    return (permission if arrival.drop_reason is None else _ended(arrival.drop_reason, permission)), record


def judge(rules: ConsentRules, record: ConsentRecord, event_source: str) -> Permission:
    """Judge what a visitor said, under the law of the place and the decisions of the pixel's owner."""
    places = _places_of(record)
    own = (rules.policy, rules.user_data_denied, rules.personalization_denied, rules.opted_out)
    said = (
        record.ad_storage.answer,
        record.ad_user_data.answer,
        record.ad_personalization.answer,
        record.opt_out.answer,
    )
    if not rules.regions:
        return _judged(own, places, event_source, said)
    return _verdict(_ground(rules.policy, rules.regions, places, event_source), _choices(*own[1:]), said)


def law_for(rules: ConsentRules, record: ConsentRecord, event_source: str) -> str:
    """Name the law by which `judge` judges, and what named it, such as "law=opt_in, region=DE"."""
    ground = _ground(rules.policy, rules.regions, _places_of(record), event_source)
    return ground.words or f"policy={rules.policy}"


def _places_of(record: ConsentRecord) -> VisitorPlaces:
    region, seen = record.region, record.seen
    return VisitorPlaces(region.code, region.rank == BANNER, seen.code if seen.rank == EDGE else None)


@lru_cache(maxsize=8192)
def _judged(own: tuple[str, str, str, str], places: VisitorPlaces, event_source: str, said: Said) -> Permission:
    """Judge under the built-in laws; what most pixels ask for again and again is looked up."""
    return _verdict(_ground(own[0], {}, places, event_source), _choices(*own[1:]), said)


def _ground(policy: str, regions: Mapping[str, Law], places: VisitorPlaces, event_source: str) -> Ground:
    """
    Return which law holds for a pixel's visitor, and whether TikTok can limit what it does with the event.

    The banner knows the place best; but it is the sender's word, so where the delivery network sees another place,
    the stricter of the two counts. An address tells only where nobody else does.
    """
    counting = (
        places if places.is_banner or places.seen is None else VisitorPlaces(places.seen, is_banner=False, seen=None)
    )
    acts = event_source in LIMITABLE and _limits(counting)
    match policy:
        case "require":
            return Ground("opt_in", "", event_source, acts)
        case "not_required":
            return Ground("not_required", "policy=not_required", event_source, acts)
        case _:
            return Ground(*_law_of(regions, counting), event_source, acts)


def _law_of(regions: Mapping[str, Law], places: VisitorPlaces) -> tuple[Law, str]:
    law = law_at(regions, places.stated)
    if places.seen is not None:
        other = law_at(regions, places.seen)
        if _STRICTNESS[other] > _STRICTNESS[law]:
            return _named(other, places.seen)
    return _named(law, places.stated)


def _limits(places: VisitorPlaces) -> bool:
    """
    Return whether TikTok acts on limited data use in a place (tiktok.md 10.3).

    TikTok finds the place by the address, as the delivery network does, which mostly knows no more than the country.
    """
    return places.stated in LIMITED_DATA_USE and places.seen in (None, "US", places.stated)


def _named(law: Law, code: str) -> tuple[Law, str]:
    return law, f"law={law}, region={code or 'unknown'}"


@cache
def _choices(user_data: str, personalization: str, opted_out: str) -> Choices:
    return Choices(user_data == "strip", personalization == "drop", opted_out == "drop")


@lru_cache(maxsize=1024)
def _ended(reason: Reason, permission: Permission) -> Permission:
    """Let an arrival end for another reason than the visitor's word, which its visit may hear all the same."""
    teaches = permission.decision is Decision.ALLOWED and not permission.bare
    return Permission(Decision.DROPPED, f"ends={reason}", reason, teaches=teaches)


@lru_cache(maxsize=1024)
def _asked_to_limit(permission: Permission, event_source: str) -> Permission:
    """
    Do what the event's own `limited_data_use` asks for.

    TikTok itself finds out where it acts, by the address; where it does not exist at all, nothing personal is sent.
    """
    if permission.decision is Decision.DROPPED:
        return permission
    if event_source in LIMITABLE:
        return replace(permission, limited=not permission.bare)
    asked = "limited_data_use=true"
    return _bared(replace(permission, bare=True, basis=_joined(permission.basis, asked)), event_source, asked)


def _bared(permission: Permission, event_source: str, why: str) -> Permission:
    """Drop what would make no sense without identifiers: a CRM event has to name its lead (tiktok.md 2.7)."""
    return _dropped(why, "event_source=crm") if permission.bare and event_source == "crm" else permission


@lru_cache(maxsize=4096)
def _verdict(ground: Ground, choices: Choices, said: Said) -> Permission:
    """Look for refusals first, since they count under every law; only then is silence judged."""
    denied = _answering("denied", _NEEDED, said)
    if denied and not (choices.strip and denied == ["ad_user_data"]):
        return _dropped(_basis(denied, "denied"))

    personal = _answering("denied", _PERSONAL, said[2:])
    drops = [signal for signal in personal if _drops(signal, ground, choices)]
    if drops:
        return _dropped(_basis(drops, "denied"), ground.words if "opt_out" in drops else "")

    decision, basis = _permit(ground, said)
    refused = _joined(_basis(denied, "denied"), _basis(personal, "denied"))
    permission = Permission(
        decision,
        _joined(basis, refused),
        limited=bool(personal) and ground.limitable and not denied,
        bare=bool(denied) or (bool(personal) and not ground.limitable),
    )
    return _bared(permission, ground.event_source, refused)


def _answering(answer: Answer, names: tuple[str, ...], said: tuple[Answer, ...]) -> list[str]:
    return [name for name, given in zip(names, said, strict=False) if given == answer]


def _drops(signal: str, ground: Ground, choices: Choices) -> bool:
    """
    Return whether a partial refusal ends the event, as its owner decided.

    An opt-out of sale and sharing is the law's own word only where the law is opt-out; elsewhere it is taken for
    what it says at least: a refusal of personal advertising.
    """
    opted_out = signal == "opt_out" and ground.law == "opt_out"
    return choices.drop_opted_out if opted_out else choices.drop_impersonal


def _permit(ground: Ground, said: Said) -> tuple[Decision, str]:
    """
    Decide where nothing that is needed was refused.

    A word that nobody could read might be a refusal, so it permits nothing under any law. Where the law is opt-in
    both purposes must be granted: storage alone says nothing about sending a person's data on, and that is what we do.
    """
    unread = _answering("undecided", (*_NEEDED, *_PERSONAL), said)
    if unread:
        return Decision.UNDECIDED, _joined(_basis(unread, "undecided"), ground.words)
    if ground.law != "opt_in":
        return Decision.ALLOWED, ground.words
    unsaid = _answering("", _NEEDED, said)
    if unsaid:
        return Decision.UNDECIDED, _joined(_basis(unsaid, "unsaid"), ground.words)
    return Decision.ALLOWED, _basis(_answering("granted", _NEEDED, said), "granted")


def _dropped(*words: str) -> Permission:
    return Permission(Decision.DROPPED, _joined(*words), Reason.NO_CONSENT)


def _basis(purposes: list[str], said: str) -> str:
    return ", ".join(f"{purpose}={said}" for purpose in purposes)


def _joined(*words: str) -> str:
    return ", ".join(filter(None, words))
