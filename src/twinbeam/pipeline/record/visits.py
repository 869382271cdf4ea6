"""
What a visit leaves behind for its later events: click and browser keys, the page, and the latest word on consent.

A webhook knows the order but not the click; the thank-you page knows the click. Whatever the visit's allowed
arrivals said is remembered under its tokens (visitor id, cart, checkout, order) and fills the gaps of other
copies of the same visit. It never carries a match key from one event to another. A refusal wipes the keys and is
remembered itself, so that nothing of the visit is sent on the strength of an older grant.
"""

from typing import Any

import msgspec

from twinbeam.core.addresses import host_only
from twinbeam.core.consent import (
    NOTHING_SAID,
    NOWHERE,
    ConsentRecord,
    DatedAnswer,
    denials,
    latest,
    only_grants,
    same_answers,
    same_places,
)
from twinbeam.core.values import Facts, Signal
from twinbeam.pipeline.record.authority import VISIT
from twinbeam.pipeline.record.conversion import Copy
from twinbeam.pipeline.record.read_set import ReadSet
from twinbeam.pipeline.record.write_set import WriteSet

_encode = msgspec.json.Encoder().encode
_NO_FACTS = Facts()

#: What is taken for known of a visit whose facts are damaged: it may have refused, so only a later word permits.
UNREADABLE = Facts(consent=ConsentRecord(ad_storage=DatedAnswer(0, "denied")))


def remember(known: Facts | None, said: Facts) -> Facts:
    """Join what a visit is known by with what it now says; the newer word wins field by field."""
    if known is None or known == said:
        return said
    return Facts(
        ttclid=said.ttclid or known.ttclid,
        ttp=said.ttp or known.ttp,
        ip=said.ip or known.ip,
        user_agent=said.user_agent or known.user_agent,
        url=said.url or known.url,
        consent=known.consent,
        contested_ms=known.contested_ms,
    )


def agree(known: Facts | None, said: ConsentRecord) -> Facts:
    """Join what a visit is known by with what it now says about consent; a refusal leaves nothing but itself."""
    if known is not None and _only_repeats(known.consent, said):
        return known  # as most do: nothing needs to be joined
    record = latest(known.consent or NOTHING_SAID, said) if known is not None else said
    if known is not None and _only_repeats(known.consent, record):
        return known
    if known is None:
        return Facts(consent=record)
    if refuses(record):
        return Facts(consent=record, contested_ms=known.contested_ms)
    return msgspec.structs.replace(known, consent=record)


def erased(facts: Facts) -> Facts | None:
    """Return what stays of a visit whose person is erased: its refusals, so that nothing refused is sent again."""
    denied = denials(facts.consent) if facts.consent is not None else None
    return None if denied is None else Facts(consent=denied)


def _heard_by_all(record: ConsentRecord) -> ConsentRecord | None:
    denied = denials(record)
    return None if denied is None else msgspec.structs.replace(denied, region=NOWHERE, seen=NOWHERE)


def refuses(record: ConsentRecord) -> bool:
    """Return whether a record refuses what every event needs."""
    return "denied" in (record.ad_storage.answer, record.ad_user_data.answer)


def _only_repeats(known: ConsentRecord | None, record: ConsentRecord) -> bool:
    """
    Return whether a grant is only said again.

    It is not written again: at worst an older refusal that comes late wins over the newer of two grants.
    """
    if known is None or not same_answers(known, record):
        return False
    if not same_places(known, record) and not same_places(latest(known, record), known):
        return False  # the place is better known now
    return only_grants(record)


def lacks(signal: Signal) -> bool:
    """Return whether an arrival could use what its visit is known by."""
    if not signal.visits or not signal.body or signal.event_source != "web":
        return False
    own = signal.facts
    return own is None or not (own.ttclid and own.ttp and own.ip and own.user_agent and own.url)


def borrowed(facts: Facts, signal: Signal, arrival: bytes, *, restricted: bool = False) -> Copy | None:
    """
    Return the visit's facts that a signal lacks as a copy of the lowest authority, or None if there are none.

    The visit may have been seen on another pixel: a `restricted` one tells no more of its page than the host.
    """
    own = signal.facts or _NO_FACTS
    user: dict[str, Any] = {
        name: getattr(facts, name) for name in ("ttclid", "ttp") if getattr(facts, name) and not getattr(own, name)
    }
    if facts.ip and facts.user_agent and not own.ip and not own.user_agent:  # tiktok.md 8.4: only together
        user.update(ip=facts.ip, user_agent=facts.user_agent)
    body: dict[str, Any] = {"user": user} if user else {}
    url = host_only(facts.url) if restricted else facts.url
    if url and not own.url:
        body["page"] = {"url": url}
    return Copy(VISIT, signal.received_ms, arrival, signal.source, _encode(body)) if body else None


class Visits:
    """The visits that the arrivals of one transaction belong to."""

    def __init__(self, read_set: ReadSet, write_set: WriteSet) -> None:
        self._read_set = read_set
        self._write_set = write_set
        self.changed: dict[bytes, Signal] = {}  #: visitors whose word on consent is another one now, and who said so
        self._apart = False  # whether any arrival was seen whose tokens lead to different visitors

    def hear(self, signal: Signal) -> None:
        """
        Take in what an arrival says about consent, whatever becomes of it.

        Of an arrival with tokens of several visits that are known apart, a refusal counts for all of them.
        """
        if signal.consent is None or not signal.visits:
            return
        visitor = self._link(signal)
        self._hear(visitor, signal.consent, signal)
        refused = _heard_by_all(signal.consent) if self._apart else None
        if refused is not None:
            for other in self._others(signal, visitor):
                self._hear(other, refused, signal)

    def _hear(self, visitor: bytes, said: ConsentRecord, signal: Signal) -> None:
        before = self._read_set.facts_of.get(visitor)
        after = agree(before, said)
        if after != before:
            self._write(visitor, after)
            self.changed.setdefault(visitor, signal)

    def recognise(self, signal: Signal) -> None:
        """
        Let all tokens of an arrival lead to its visit if that is known, whatever becomes of it.

        Those of an arrival that says something about consent do so already.
        """
        if signal.consent is not None or not signal.visits:
            return
        visitor = self.visitor_of(signal)
        if visitor in self._read_set.facts_of:
            self._link(signal)
        elif self._others(signal, visitor):
            self._apart = True

    def learn(self, signal: Signal, said: Facts) -> None:
        """Take in the click and browser keys of an arrival that is allowed."""
        visitor = self._linked(signal)
        before = self._read_set.facts_of.get(visitor)
        if before is not None and before.consent is not None and refuses(before.consent):
            return  # what the visit refused since is not learned again
        after = remember(before, said)
        if after != before:
            self._write(visitor, after)

    def watch(self, signal: Signal, conversion: int) -> None:
        """Let what the visit says later about consent reach a conversion as long as it is not sent."""
        visitor = self._linked(signal)
        self._note(visitor, conversion)
        if self._apart:
            for other in self._others(signal, visitor):
                self._note(other, conversion)

    def _note(self, visitor: bytes, conversion: int) -> None:
        if visitor not in self._read_set.facts_of:
            self._write(visitor, _NO_FACTS)
        self._write_set.watched.append((visitor, conversion))

    def contest(self, claim: bytes, at_ms: int) -> bytes:
        """Note that a visit which nothing ties to an order refused it; give the visit that the order is kept as."""
        links = self._read_set.visitor_of
        visitor = links.get(claim)
        if visitor is None:
            visitor = links[claim] = self._write_set.links[claim] = claim
        facts = self._read_set.facts_of.get(visitor, _NO_FACTS)
        if at_ms > facts.contested_ms:
            self._write(visitor, msgspec.structs.replace(facts, contested_ms=at_ms))
        return visitor

    def named_by(self, signal: Signal) -> tuple[bytes, ...]:
        """Name all visits that an arrival belongs to, the one that it counts to first."""
        if not signal.visits:
            return ()
        visitor = self.visitor_of(signal)
        return (visitor, *self._others(signal, visitor)) if self._apart else (visitor,)

    def facts_for(self, signal: Signal) -> Facts | None:
        """Return what the visit of an arrival is known by."""
        return self._read_set.facts_of.get(self.visitor_of(signal)) if signal.visits else None

    def record_for(self, signal: Signal) -> ConsentRecord | None:
        """Return what the visit of an arrival has said about consent, and what others that it names have refused."""
        facts = self.facts_for(signal)
        record = facts.consent if facts is not None else None
        return self._with_refusals(signal, record) if self._apart else record

    def _with_refusals(self, signal: Signal, record: ConsentRecord | None) -> ConsentRecord | None:
        for other in self._others(signal, self.visitor_of(signal)) if signal.visits else ():
            facts = self._read_set.facts_of.get(other)
            refused = _heard_by_all(facts.consent) if facts is not None and facts.consent is not None else None
            if refused is not None:
                record = latest(record or NOTHING_SAID, refused)
        return record

    def visitor_of(self, signal: Signal) -> bytes:
        """Name the visitor of an arrival that has tokens; a new one goes by the first of them."""
        links = self._read_set.visitor_of
        for token in signal.visits:
            if token in links:
                return links[token]
        return signal.visits[0]

    def _others(self, signal: Signal, visitor: bytes) -> list[bytes]:
        """Name the other visitors that tokens of an arrival lead to; hardly ever there are any."""
        links = self._read_set.visitor_of
        return [
            other for other in dict.fromkeys(links.get(token, visitor) for token in signal.visits) if other != visitor
        ]

    def _linked(self, signal: Signal) -> bytes:
        """Return the visitor to whom all tokens of an arrival lead, as those of one that was heard do already."""
        heard = signal.consent is not None
        return self._read_set.visitor_of[signal.visits[0]] if heard else self._link(signal)

    def _link(self, signal: Signal) -> bytes:
        visitor, links = self.visitor_of(signal), self._read_set.visitor_of
        for token in signal.visits:
            known = links.get(token)
            if known is None:
                links[token] = self._write_set.links[token] = visitor
            elif known is not visitor and known != visitor:
                self._apart = True
        return visitor

    def _write(self, visitor: bytes, facts: Facts) -> None:
        self._read_set.facts_of[visitor] = facts
        self._write_set.facts[visitor] = facts
