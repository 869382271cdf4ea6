"""
Read consent as banners and tag managers write it, and give it in our own words.

    {"gcs": "G100"}, {"gcd": "11p1p1p1p5"}            Google's consent mode
    {"adStorage": "GRANTED"}, {"ad-storage": true}    its purposes in any spelling
    {"tcString": "CP..."}, {"gpp": "DBABLA~..."}      strings of the IAB
    {"marketing": false}, {"groups": ",C0001,"}       switches and groups of banners

What says something that cannot be read is "undecided": it might be a refusal, so it permits nothing anywhere. Of two
members that answer the same purpose the refusal counts.
"""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from hashlib import sha256
from typing import Any

from msgspec import Struct

from twinbeam.core.consent import PURPOSES, Answer
from twinbeam.core.places import place_of
from twinbeam.pipeline.accept.codes import Remark
from twinbeam.sources.consent_strings import UNREADABLE, Read, gcd, gcs, joined, said, us_privacy
from twinbeam.sources.consent_words import (
    ALLOWED_IDS,
    ASIDE,
    BESIDE,
    CATEGORIES,
    DENIED_IDS,
    OPT_OUTS,
    OURS,
    PURPOSE_NAMES,
    STILL_ASKING,
    STRINGS,
    SWITCHES,
    answer_of,
    refuses,
    squeezed,
)
from twinbeam.sources.iab import gpp, tcf
from twinbeam.sources.times import iso, seconds_of

_NEEDED = ("ad_storage", "ad_user_data")
_MOST_MEMBERS = 100
_LONGEST_SOURCE, _LONGEST_EVIDENCE = 64, 256
_ISO_3166 = re.compile(r"[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?")

_READERS: Mapping[str, Callable[[str], Read]] = {
    "gcs": gcs,
    "gcd": gcd,
    "us_privacy": us_privacy,
    "gpp": gpp,
    "tcf": tcf,
}


class Remarked(Struct, frozen=True, gc=False):
    """What its sender should know about a member."""

    member: str  #: "" for the consent as a whole
    code: Remark
    more: str = ""


class Plain(Struct, frozen=True, gc=False):
    """Consent in our own words: members that `Consent` takes as they are."""

    members: dict[str, Any]
    remarks: list[Remarked]


class _Member(Struct, frozen=True, gc=False):
    """One member that says something."""

    name: str
    value: object

    @property
    def key(self) -> str:
        return squeezed(self.name)


def plain_consent(written: object) -> Plain:
    """Read whatever stands in the place of an event's consent; raises nothing."""
    if written is None or written in ("", []):
        return Plain({}, [])
    if isinstance(written, dict):
        return _of_members(_spoken(written))
    read = _of_text(written) if isinstance(written, str) else _switched(written)
    return Plain(_in_our_words(_closed(read)), [_remark("", read)])


class Gathered(Struct, frozen=True, gc=False):
    """What is said about consent anywhere in an event or a statement."""

    written: object  #: for plain_consent
    outside: frozenset[str]  #: the members that stood beside `consent`


def gathered(said: dict[str, Any], known: Container[str]) -> Gathered | None:
    """
    Collect what is said about consent, also where it stands beside `consent`; None where nothing is.

    A member of another name is heard where it says consent wherever it stands, as `gcs` and `consent_mode` do.
    """
    beside = {name: said[name] for name in said if name not in known and _is_outspoken(squeezed(name))}
    written = said.get("consent")
    if not beside:
        return None if written is None else Gathered(written, frozenset())
    inner = written if isinstance(written, dict) else {} if written is None else {"consent": written}
    groups = [value for value in beside.values() if isinstance(value, dict)]
    alone = {name: value for name, value in beside.items() if not isinstance(value, dict)}
    together = {name: value for group in groups for name, value in group.items()}
    return Gathered({**together, **alone, **inner}, frozenset(beside))


def _is_outspoken(key: str) -> bool:
    return "consent" in key or key in PURPOSE_NAMES or key in STRINGS or key in OPT_OUTS


def _spoken(written: dict[str, Any]) -> list[_Member]:
    """Return the members that say something; an empty region is told to its sender all the same."""
    members = [_Member(name, value) for name, value in written.items() if value is not None]
    return [member for member in members if member.value != "" or member.name == "region"]


def _of_members(written: list[_Member]) -> Plain:
    members, remarks = dict[str, Any](), list[Remarked]()
    heard, unknown, is_open = list[Read](), list[_Member](), _is_asking(written)
    for member in written[:_MOST_MEMBERS]:
        read = UNREADABLE if is_open and member.key in STRINGS else _read(member)
        if read is not None:
            heard.append(read)
            remarks.extend([] if _is_ours(member) and not read.unread else [_remark(member.name, read)])
        elif member.key in BESIDE:
            _take_beside(member, members, remarks)
        elif member.key in ASIDE:
            remarks.append(Remarked(member.name, Remark.UNKNOWN_FIELD))
        else:
            unknown.append(member)
    unknown.extend(written[_MOST_MEMBERS : _MOST_MEMBERS + 1])
    answers = _with_unknown(joined(heard), unknown, remarks)
    return Plain({**members, **_in_our_words(answers)}, remarks)


def _is_asking(written: list[_Member]) -> bool:
    """Return whether the banner is still open, so that its strings answer nothing yet."""
    return any(
        isinstance(member.value, str) and STILL_ASKING.get(member.key) == squeezed(member.value) for member in written
    )


def _with_unknown(told: Read, unknown: list[_Member], remarks: list[Remarked]) -> Read:
    """
    Let members that nobody knows stand for the answers that are needed and not given.

    Where all is given they change nothing, unless they refuse: then they may mean just what was granted.
    """
    lacks = any(name not in told.answers for name in _NEEDED)
    unread = [member for member in unknown if lacks or refuses(member.value)]
    code = Remark.CONSENT_UNREADABLE if unread else Remark.UNKNOWN_FIELD
    remarks.extend(Remarked(member.name, code) for member in unknown)
    if told.unread or any(refuses(member.value) for member in unread):
        return _closed(Read(told.answers, unread=True))
    return _filled(told) if unread else told


def _read(member: _Member) -> Read | None:
    """Read a member that answers something, or give None for any other."""
    key, value = member.key, member.value
    if key in PURPOSE_NAMES:
        return said(**{PURPOSE_NAMES[key]: answer_of(value)})
    if key in STRINGS:
        return _of_string(STRINGS[key], value)
    if key in OPT_OUTS:
        return _opted_out(answer_of(value), is_opt_out=OPT_OUTS[key])
    if key in SWITCHES:
        return _switched(value)
    if key == "npa":
        return said(ad_personalization="denied") if answer_of(value) == "granted" else Read()
    return _of_lists(key, value)


def _of_lists(key: str, value: object) -> Read | None:
    if key in CATEGORIES:
        return _of_categories(value)
    if key in ALLOWED_IDS:
        return _of_ids(value, "granted")
    return _of_ids(value, "denied") if key in DENIED_IDS else None


def _of_string(kind: str, value: object) -> Read:
    """Read a string, or the object in which a banner hands it over."""
    if isinstance(value, dict):
        inner = [member for member in _spoken(value) if isinstance(member.value, str)]
        strings = [member for member in inner if STRINGS.get(member.key) == kind]
        return UNREADABLE if _is_asking(inner) or not strings else _of_string(kind, strings[0].value)
    return _READERS[kind](value.strip()) if isinstance(value, str) else UNREADABLE


def _of_text(written: str) -> Read:
    """Read a text in the place of the whole consent: one of the strings, or one answer to everything."""
    text = written.strip()
    answered = _switched(text)
    if not answered.unread:
        return answered
    return next((read for reader in _READERS.values() if not (read := reader(text)).unread), UNREADABLE)


def _switched(value: object) -> Read:
    """Read one switch for everything; a group that holds switches is read likewise."""
    answer = answer_of(value)
    return UNREADABLE if answer == "undecided" else said(**dict.fromkeys(PURPOSES, answer))


def _opted_out(answer: Answer, *, is_opt_out: bool) -> Read:
    if answer in ("granted", "denied"):
        return said(opt_out="denied" if (answer == "granted") is is_opt_out else "granted")
    return UNREADABLE if answer else Read()


def _of_categories(value: object) -> Read:
    """Read categories with their switches; where there are none at all, none was allowed, as Segment means it."""
    if not isinstance(value, dict):
        return UNREADABLE
    if not value:
        return _switched(False)
    found = [_switched(inner) for name, inner in value.items() if squeezed(name) in SWITCHES]
    return joined(found) if found else UNREADABLE


def _of_ids(value: object, answer: Answer) -> Read:
    """Read the ids of categories that were allowed or denied; one that nobody knows may mean anything."""
    listed = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
    ids = {squeezed(id_) for id_ in listed if isinstance(id_, str)} - {""}
    if ids & SWITCHES:
        return _switched(answer)
    if ids <= ASIDE:
        return _switched("denied") if answer == "granted" else Read()
    return UNREADABLE


def _take_beside(member: _Member, members: dict[str, Any], remarks: list[Remarked]) -> None:
    """Take what is said beside the answers, mended where that is possible; what cannot be used is left out."""
    field = BESIDE[member.key]
    value = member.value if member.name == field and _fits(field, member.value) else _mended(field, member.value)
    if value is None:
        unknown = Remark.REGION_UNKNOWN if field == "region" else Remark.CONSENT_PART_IGNORED
        remarks.append(Remarked(member.name, unknown))
        return
    if value != member.value and field in ("at", "region"):
        meant = iso(value) if isinstance(value, int) else value
        code = Remark.REGION_UNDERSTOOD if field == "region" else Remark.CONSENT_UNDERSTOOD
        remarks.append(Remarked(member.name, code, f"It was understood as {meant}."))
    if field == member.name or field not in members:
        members[field] = value


def _fits(field: str, value: object) -> bool:
    return field == "region" and isinstance(value, str) and _ISO_3166.fullmatch(value) is not None


def _mended(field: str, value: object) -> object:
    if field == "at":
        return seconds_of(value)
    if not isinstance(value, str):
        return None
    if field == "region":
        return place_of(value) or None
    if field == "evidence":
        return value if len(value) <= _LONGEST_EVIDENCE else sha256(value.encode(errors="surrogatepass")).hexdigest()
    return value if len(value) <= _LONGEST_SOURCE else None


def _closed(read: Read) -> Read:
    """Let what could not be read stand for an answer to what is needed, where nothing was refused."""
    if not read.unread:
        return read
    return joined([read, said(ad_storage="undecided", ad_user_data="undecided")])


def _filled(read: Read) -> Read:
    """Let what could not be read stand for the answers that were not given."""
    return Read({"ad_storage": "undecided", "ad_user_data": "undecided", **read.answers})


def _in_our_words(read: Read) -> dict[str, Any]:
    """Return the members of `Consent`; whoever might have opted out has answered nothing else either."""
    answers = dict(_closed(read).answers)
    opted_out = answers.pop("opt_out", "")
    return {**answers, "opt_out": opted_out == "denied"} if opted_out else answers


def _is_ours(member: _Member) -> bool:
    """Return whether a member needs no understanding."""
    if member.name == "opt_out":
        return isinstance(member.value, bool)
    return member.name in OURS and member.value in ("granted", "denied", "undecided")


def _remark(member: str, read: Read) -> Remarked:
    if read.unread or "undecided" in read.answers.values():
        return Remarked(member, Remark.CONSENT_UNREADABLE)
    return Remarked(member, Remark.CONSENT_UNDERSTOOD, _taken_as(read.answers.items()))


def _taken_as(answers: Iterable[tuple[str, Answer]]) -> str:
    words = ", ".join(f"{name}={_word(name, answer)}" for name, answer in answers)
    return f"It was taken as {words}." if words else "It says nothing about advertising."


def _word(name: str, answer: Answer) -> str:
    return answer if name != "opt_out" else "true" if answer == "denied" else "false"
