"""The four panes of one event: received, decided, sent, and TikTok's answer. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from twinbeam.core.consent import PURPOSES, ConsentRecord
from twinbeam.core.outcomes import Reason
from twinbeam.core.outgoing import Outgoing
from twinbeam.core.rules import ConsentRules
from twinbeam.core.sightings import Sighting
from twinbeam.core.values import MATCH
from twinbeam.pipeline.accept.codes import SENTENCES as REMARKS
from twinbeam.pipeline.consent.gate import law_for
from twinbeam.pipeline.identity.notices import SENTENCES as TROUBLES
from twinbeam.web.debugger.copies import Compared, compared
from twinbeam.web.debugger.masks import HIDDEN, WireRequests, hidden, wire_text
from twinbeam.web.debugger.rows import DebuggerRow

#: What people call an identifier, and how a valid one is kept.
_KINDS = {
    "email": ("E-mail", "valid, hashed"),
    "phone": ("Phone", "valid, hashed"),
    "external_id": ("Customer id", "valid, hashed"),
    "first_name": ("First name", "valid, hashed"),
    "last_name": ("Last name", "valid, hashed"),
    "zip_code": ("Postcode", "valid, hashed"),
    "ttclid": ("Click id", "valid"),
    "ttp": ("Browser id", "valid"),
    "ip": ("IP address", "public"),
}
#: How what an identifier holds is brought into TikTok's form (tiktok.md 6.1), for each that is.
_FORMS = {
    "email": ("E-mail", "lower-cased, without what stands around it, then hashed"),
    "phone": ("Phone", "written as E.164 (+, country code, number), then hashed"),
    "external_id": ("Customer id", "without blanks around it, then hashed"),
    "first_name": ("First name", "lower-cased, letters and digits alone, then hashed"),
    "last_name": ("Last name", "lower-cased, letters and digits alone, then hashed"),
    "zip_code": ("Postcode", "lower-cased, letters and digits alone, of the US the first five, then hashed"),
}
#: What an arrival is said to be that is dropped whatever the visitor said.
_ENDED: Mapping[Reason, str] = {
    Reason.BOT: "Not a visitor",
    Reason.LEFT_TO_BROWSER: "Left to TikTok's script",
    Reason.TEST_ORDER: "A test",
    Reason.STAGING: "Not a test",
    Reason.ORDER_IGNORED: "Not a purchase",
    Reason.ORDER_CANCELLED: "Not a purchase any more",
}
_SENTENCES: Mapping[str, str] = {str(code): text for code, text in (*TROUBLES.items(), *REMARKS.items())}
_PURPOSES = {"ad_storage": "Ad storage", "ad_user_data": "User data", "ad_personalization": "Personalization"}


class Identifier(Struct, frozen=True):
    """An identifier that was sent: its kind and whether it was valid; never what it is."""

    kind: str
    validity: str


class Normalised(Struct, frozen=True):
    """What was done to an identifier before it was kept: by its kind, never what it is."""

    kind: str
    form: str


class FieldChange(Struct, frozen=True):
    """A field that was changed or left out, and why."""

    field: str
    sentence: str


class PurposeAnswer(Struct, frozen=True):
    """What a visitor said about a purpose, and when; 0 where nobody knows."""

    purpose: str
    answer: str
    at_ms: int


class SentBody(Struct, frozen=True):
    """What goes out."""

    text: str  #: the body of a request with this event alone
    curl: str
    is_frozen: bool
    is_hidden: bool  #: identifiers are


class Panes(Struct, frozen=True):
    """All that the debugger tells of one event."""

    row: DebuggerRow
    identifiers: Sequence[Identifier]
    told: Sequence[FieldChange]
    said: Sequence[PurposeAnswer]
    law: str  #: as the pixel's rules name it now
    ended: str  #: what it is said to be, where it was dropped whatever the visitor said
    normalised: Sequence[Normalised]
    sent: SentBody | None
    compared: Compared | None
    others: Sequence[DebuggerRow]


def panes_of(
    row: DebuggerRow,
    others: Sequence[DebuggerRow],
    outgoing: Outgoing | None,
    wire: WireRequests,
    rules: ConsentRules,
    *,
    shows_hashes: bool,
) -> Panes:
    """Return the panes of an event; of what is not permitted, no more than reason and evidence."""
    it = row.seen.sighting if row.seen is not None else None
    outgoing = outgoing if row.is_open else None
    ended = row.ended_by
    record = it.consent if it is not None and ended is None else None
    law = law_for(rules, record, it.event_source) if it is not None and record is not None else ""
    return Panes(
        row=row,
        identifiers=identifiers(it) if it is not None and row.is_open else [],
        told=told(it) if it is not None and row.is_open else [],
        said=list(_said(it.consent)) if it is not None and it.consent is not None else [],
        law=law,
        ended="" if ended is None else _ENDED.get(ended, "Not for this pixel"),
        normalised=normalised(it) if it is not None and row.is_open else [],
        sent=None if outgoing is None else _sent(outgoing, wire, shows_hashes=shows_hashes),
        compared=None if outgoing is None else compared(outgoing.copies, shows_hashes=shows_hashes),
        others=others,
    )


def identifiers(it: Sighting) -> list[Identifier]:
    """Return the kinds of identifiers that came, and whether they were valid."""
    left_out = {field.removeprefix("user.") for field, _ in _pairs(it.told) if field.startswith("user.")}
    found = []
    for name, (kind, valid) in _KINDS.items():
        has, lacks = bool(it.match & MATCH[name]), name in left_out
        if has or lacks:
            found.append(
                Identifier(kind, f"{valid}; one was left out" if has and lacks else valid if has else _INVALID)
            )
    return found


def normalised(it: Sighting) -> list[Normalised]:
    """Return what was brought into form, of the identifiers that were valid."""
    return [Normalised(*words) for name, words in _FORMS.items() if it.match & MATCH[name]]


def told(it: Sighting) -> list[FieldChange]:
    """Return what was changed or left out."""
    return [FieldChange(field, _SENTENCES.get(code, code)) for field, code in _pairs(it.told)]


def _said(record: ConsentRecord) -> Iterator[PurposeAnswer]:
    for purpose in PURPOSES:
        found = getattr(record, purpose)
        if found.answer:
            yield PurposeAnswer(_PURPOSES[purpose], found.answer, found.at_ms)
    if record.opt_out.answer:
        yield PurposeAnswer(
            "Opt-out signal", "opted out" if record.opt_out.answer == "denied" else "none", record.opt_out.at_ms
        )


def _sent(outgoing: Outgoing, wire: WireRequests, *, shows_hashes: bool) -> SentBody:
    event = outgoing.event if shows_hashes else hidden(outgoing.event)
    body = wire.compose(outgoing.lane, [(outgoing.name, event)])
    return SentBody(*wire_text(body, wire.url), outgoing.is_frozen, HIDDEN.encode() in body)


def _pairs(told: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(told[::2], told[1::2], strict=False)


_INVALID = "not valid, left out"
