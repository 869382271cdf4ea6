"""
What an event and its request say about consent, as the record that is kept of it.

Nothing of it may name a person: a banner's name is kept where it looks like one, evidence only as a hash.
"""

import re
from functools import lru_cache
from hashlib import blake2b

from twinbeam.core.consent import (
    ADDRESS,
    BANNER,
    EDGE,
    NOWHERE,
    SILENCE,
    Answer,
    ConsentRecord,
    DatedAnswer,
    Region,
)
from twinbeam.core.places import place_of
from twinbeam.core.values import Arrival, Channel, Consent, User

_SOURCE = re.compile(r"(?!(?:[^0-9]*[0-9]){7})[A-Za-z][A-Za-z0-9_.:-]{0,63}")  # no '@', and fewer digits than a phone
_EVIDENCE_BYTES = 8
_SECOND_ENDS_MS = 999


def record_of(arrival: Arrival) -> ConsentRecord:
    """
    Return what one arrival says.

    What the browser says by a header, it says with the request itself.
    """
    said, moments = arrival.item.consent, _moments(arrival)
    storage, user_data, personal = said.ad_storage, said.ad_user_data, said.ad_personalization
    spoken = _statement(storage, moments)
    return ConsentRecord(
        spoken,
        spoken if user_data == storage else _statement(user_data, moments),
        _statement(personal, moments) if personal else SILENCE,
        _opt_out(arrival, moments),
        _stated(said, arrival.item.user),
        _named(said.source) if said.source else "",
        _digest(said.evidence) if said.evidence else "",
        _place(arrival.origin.edge_country, None, EDGE) if arrival.origin.edge_country else NOWHERE,
    )


def _moments(arrival: Arrival) -> tuple[int, int]:
    """
    Date a grant and any other answer: as `consent.at` says, and never later than the request, else by the request.

    A word from the future would win over every later one. A grant that waited in the browser is as old as its event.
    A server copies what it once stored: where it does not say since when, its grant counts as older than any other
    word, and its refusal is as old as the event. Of a second, a refusal counts from its end: it may be later than a
    grant that is dated to the millisecond within it.
    """
    origin, at = arrival.origin, arrival.item.consent.at
    received_ms = origin.received_ms
    if at is not None:
        return min(at * 1_000, received_ms), min(at * 1_000 + _SECOND_ENDS_MS, received_ms)
    if origin.channel is Channel.BROWSER:
        return received_ms - (arrival.item.age_ms or 0), received_ms
    return 0, min(arrival.event_time * 1_000 + _SECOND_ENDS_MS, received_ms)


def _statement(answer: Answer | None, moments: tuple[int, int]) -> DatedAnswer:
    return DatedAnswer(moments[answer != "granted"], answer) if answer else SILENCE


def _opt_out(arrival: Arrival, moments: tuple[int, int]) -> DatedAnswer:
    """Take the browser's own signal for a refusal made now, whatever the page says beside it, and since when."""
    if arrival.origin.privacy_control:
        return DatedAnswer(arrival.origin.received_ms, "denied")
    opted_out = arrival.item.consent.opt_out
    return SILENCE if opted_out is None else _statement("denied" if opted_out else "granted", moments)


def _stated(said: Consent, user: User) -> Region:
    """Return the place that the sender names: the banner's, else an address."""
    region = _place(said.region, None, BANNER) if said.region else NOWHERE
    return _place(user.country, user.state, ADDRESS) if region is NOWHERE and user.country else region


@lru_cache(maxsize=1024)
def _place(text: str, state: str | None, rank: int) -> Region:
    """Return a place by its code, in one spelling; a text that is no code is nowhere."""
    code = place_of(text, state or "")
    return Region(code, rank) if code else NOWHERE


@lru_cache(maxsize=1024)
def _named(source: str) -> str:
    return source if _SOURCE.fullmatch(source) else ""


def _digest(evidence: str) -> str:
    return blake2b(evidence.encode(errors="surrogatepass"), digest_size=_EVIDENCE_BYTES).hexdigest()
