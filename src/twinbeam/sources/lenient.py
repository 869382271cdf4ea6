"""The slow path for one event: mend what is clearly meant, say so in a notice, refuse only what cannot be taken."""

from collections.abc import Callable, Container, Iterator
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw, ValidationError

from twinbeam.core.values import Item, Notice, Rejected
from twinbeam.pipeline.accept.codes import SENTENCES, Rejection, Remark
from twinbeam.pipeline.accept.event_checks import TIME_FIX, path_in, refuse
from twinbeam.sources import strict
from twinbeam.sources.complaints import complain, fix_of
from twinbeam.sources.consent_dialects import gathered, plain_consent
from twinbeam.sources.consent_words import asks_to_limit
from twinbeam.sources.foreign import adopt
from twinbeam.sources.mending import mend
from twinbeam.sources.spelling import meant_by, prune
from twinbeam.sources.times import iso, seconds_of, whole_age

_LIMITED = "limited_data_use"
_MOST_NAME_CHARS = 64
MOST_NOTICES = 50  # of one request; more would repeat themselves
NUL_ESCAPE = rb"\u0000"  #: the only way to write a NUL in JSON

_DECODER = msgspec.json.Decoder(strict.Item)


def read_item(raw: Raw, index: int, notices: list[Notice]) -> Item | Rejected:
    """Read one event, whatever its bytes are; `notices` grows by what was mended."""
    try:
        return _DECODER.decode(raw) if NUL_ESCAPE not in bytes(raw) else _read_loosely(raw, index, notices)
    except (ValueError, RecursionError):
        return _read_loosely(raw, index, notices)


def remark(notices: list[Notice], index: int, field: str, code: Remark, more: str = "") -> None:
    """Add a notice while there is room for it; `field` is the whole dotted path."""
    if len(notices) < MOST_NOTICES:
        notices.append(Notice(index, field, code, f"{SENTENCES[code]} {more}".rstrip()))


def _read_loosely(raw: Raw, index: int, notices: list[Notice]) -> Item | Rejected:
    try:
        event = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return refuse(Rejection.UNREADABLE, index, "", "Send the event as JSON in UTF-8, with plain numbers.")
    if not isinstance(event, dict):
        return refuse(Rejection.NOT_AN_OBJECT, index, "", 'Send {"event": "...", "event_time": ...}.')

    named = _with_plain_consent(_with_our_names(_with_limits(event, index, notices), index, notices), index, notices)
    known = _without_unknown(named, index, notices)
    timed = _with_seconds(_with_whole_age(known, index, notices), index, notices)
    return timed if isinstance(timed, Rejected) else _checked(_mended(timed, index, notices), index)


def _with_our_names(event: dict[str, Any], index: int, notices: list[Notice]) -> dict[str, Any]:
    named, adopted = adopt(event)
    for field in adopted:
        remark(notices, index, path_in(index, field.path), Remark.FIELD_MAPPED, f"It was taken as `{field.meant}`.")
    return named


def _with_limits(event: dict[str, Any], index: int, notices: list[Notice]) -> dict[str, Any]:
    """Hear a wish for limited data use in other spellings, and as Meta's interface says it; in doubt it is one."""
    found = [name for name, value in event.items() if asks_to_limit(name, value) is not None]
    if not found or (found == [_LIMITED] and isinstance(event[_LIMITED], bool)):
        return event
    asked = any(asks_to_limit(name, event[name]) for name in found)
    for name in found:
        more = f"It was taken as `{_LIMITED}`, {str(asked).lower()}."
        remark(notices, index, path_in(index, name[:_MOST_NAME_CHARS]), Remark.FIELD_MAPPED, more)
    return {**{name: value for name, value in event.items() if name not in found}, _LIMITED: asked}


def _with_plain_consent(event: dict[str, Any], index: int, notices: list[Notice]) -> dict[str, Any]:
    return plainly(event, strict.Item.__struct_fields__, partial(path_in, index), index, notices)


def plainly(
    said: dict[str, Any], known: Container[str], place: Callable[[str], str], index: int, notices: list[Notice]
) -> dict[str, Any]:
    """Return an event or a statement with its consent in our own words; `notices` grows by how that was understood."""
    found = gathered(said, known)
    if found is None:
        return said
    plain = plain_consent(found.written)
    for it in plain.remarks:
        field = it.member if it.member in found.outside else f"consent.{it.member}".rstrip(".")
        remark(notices, index, place(field[:_MOST_NAME_CHARS]), it.code, it.more)
    kept = {name: value for name, value in said.items() if name not in found.outside}
    return {**kept, "consent": plain.members}


def _without_unknown(event: dict[str, Any], index: int, notices: list[Notice]) -> dict[str, Any]:
    known, unknown = prune(event)
    for field in unknown[: MOST_NOTICES - len(notices)]:
        meant = meant_by(field)
        more = "" if meant is None else f"Did you mean `{meant}`?"
        remark(notices, index, path_in(index, field.path), Remark.UNKNOWN_FIELD, more)
    return known


def _with_seconds(event: dict[str, Any], index: int, notices: list[Notice]) -> dict[str, Any] | Rejected:
    written = event.get("event_time")
    seconds = seconds_of(written)
    if seconds is None:
        return refuse(Rejection.BAD_EVENT_TIME, index, "event_time", TIME_FIX) if isinstance(written, str) else event
    if seconds != written:
        more = f"It was understood as {seconds}, which is {iso(seconds)}."
        remark(notices, index, path_in(index, "event_time"), Remark.EVENT_TIME_CONVERTED, more)
    return {**event, "event_time": seconds}


def _with_whole_age(event: dict[str, Any], index: int, notices: list[Notice]) -> dict[str, Any]:
    """Mend an age as browsers measure it: with a fraction, or below 0 when the clock was set back meanwhile."""
    written = event.get("age_ms")
    age_ms = whole_age(written)
    if age_ms is None or age_ms == written:
        return event if age_ms is None else {**event, "age_ms": age_ms}
    remark(notices, index, path_in(index, "age_ms"), Remark.AGE_CONVERTED, f"It was understood as {age_ms}.")
    return {**event, "age_ms": age_ms}


def _mended(event: dict[str, Any], index: int, notices: list[Notice]) -> dict[str, Any]:
    """Put right what is clearly meant, and leave out what the event can do without."""
    mended, done = mend(event)
    for field in done[: MOST_NOTICES - len(notices)]:
        code = Remark.VALUE_MENDED if field.kept else Remark.VALUE_LEFT_OUT
        remark(notices, index, path_in(index, field.path), code, fix_of(field.path))
    return mended


def _checked(event: dict[str, Any], index: int) -> Item | Rejected:
    try:
        item = msgspec.convert(event, strict.Item)
    except ValidationError as error:
        return complain(error, index)

    nul = next(nuls(msgspec.to_builtins(item), ""), None)
    return item if nul is None else refuse(Rejection.NUL_CHARACTER, index, nul, "Leave the NUL character out.")


def nuls(value: object, path: str) -> Iterator[str]:
    """Find the strings with a NUL, which would break the keys of conversions and the text of stores."""
    match value:
        case str() if "\0" in value:
            yield path
        case dict():
            for name, inner in value.items():
                yield from nuls(inner, f"{path}.{name}".lstrip("."))
        case list():
            for position, inner in enumerate(value):
                yield from nuls(inner, f"{path}[{position}]")
