"""
What an event and its request say about consent, as the record that is kept of it.

Nothing of it may name a person: a banner's name is kept where it looks like one, evidence only as a hash.
"""

import re
from functools import lru_cache
from hashlib import blake2b

from twinbeam.core.consent import NOWHERE, SILENCE, ConsentRecord, Region, Statement
from twinbeam.core.values import Arrival

BANNER, EDGE, ADDRESS = 0, 1, 2
"""Who says where the visitor is; the lower rank is believed."""

_SOURCE = re.compile(r"(?!(?:[^0-9]*[0-9]){7})[A-Za-z][A-Za-z0-9_.:-]{0,63}")  # no '@', and fewer digits than a phone
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_STATE = re.compile(r"(?:[A-Za-z]{2}-)?([A-Za-z0-9]{1,3})")
_SLIPS = {"UK": "GB", "EL": "GR"}  # written everywhere, yet ISO 3166 says otherwise
_NOBODY_KNOWS = frozenset({"XX", "T1", "ZZ"})  # of delivery networks: unknown, and the Tor network
_EVIDENCE_BYTES = 8


def record_of(arrival: Arrival) -> ConsentRecord:
    """
    Give what one arrival says.

    It was said when `consent.at` says, else when the event happened, and never later than the request: a word from
    the future would win over every later one. What the browser says by a header, it says with the request itself.
    """
    said, origin = arrival.item.consent, arrival.origin
    at_ms = (said.at or arrival.event_time) * 1_000
    at_ms = min(at_ms, origin.received_ms)
    storage, user_data, personal = said.ad_storage, said.ad_user_data, said.ad_personalization
    spoken = Statement(at_ms, storage) if storage else SILENCE
    return ConsentRecord(
        spoken,
        spoken if user_data == storage else Statement(at_ms, user_data) if user_data else SILENCE,
        Statement(at_ms, personal) if personal else SILENCE,
        _opt_out(arrival, at_ms),
        _region(arrival),
        _named(said.source) if said.source else "",
        _digest(said.evidence) if said.evidence else "",
    )


def _opt_out(arrival: Arrival, at_ms: int) -> Statement:
    """Take the browser's own signal for a refusal made now, whatever the page says beside it, and since when."""
    if arrival.origin.privacy_control:
        return Statement(arrival.origin.received_ms, "denied")
    opted_out = arrival.item.consent.opt_out
    return SILENCE if opted_out is None else Statement(at_ms, "denied" if opted_out else "granted")


def _region(arrival: Arrival) -> Region:
    """Believe the banner before the delivery network, and both before an address."""
    stated, edge, user = arrival.item.consent.region, arrival.origin.edge_country, arrival.item.user
    region = NOWHERE
    if stated:
        region = _place(stated, None, BANNER)
    if region is NOWHERE and edge:
        region = _place(edge, None, EDGE)
    if region is NOWHERE and user.country:
        region = _place(user.country, user.state, ADDRESS)
    return region


@lru_cache(maxsize=1024)
def _place(text: str, state: str | None, rank: int) -> Region:
    """Give a place by its code, in one spelling; a text that is no code is nowhere."""
    country, _, part = text.strip().upper().partition("-")
    if not _COUNTRY.fullmatch(country) or country in _NOBODY_KNOWS:
        return NOWHERE
    within = _STATE.fullmatch(part or (state or "").strip().upper())
    code = _SLIPS.get(country, country)
    return Region(f"{code}-{within[1]}" if within else code, rank)


@lru_cache(maxsize=1024)
def _named(source: str) -> str:
    return source if _SOURCE.fullmatch(source) else ""


def _digest(evidence: str) -> str:
    return blake2b(evidence.encode(errors="surrogatepass"), digest_size=_EVIDENCE_BYTES).hexdigest()
