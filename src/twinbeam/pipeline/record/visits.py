"""
What a visit leaves behind for its later copies: click and browser keys, page and address, nothing else.

A webhook knows the order but not the click; the thank-you page knows the click. Whatever the visit's allowed
arrivals said is remembered under its tokens (visitor id, cart, checkout, order) and fills the gaps of other
copies of the same visit. It never carries a match key from one event to another.
"""

from typing import Any

import msgspec

from twinbeam.core.values import Decision, Facts, Signal
from twinbeam.pipeline.record.conversion import Copy
from twinbeam.pipeline.record.merge import VISIT

_encode = msgspec.json.Encoder().encode


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
    )


def teaches(signal: Signal) -> bool:
    """Tell whether an arrival may write visitor memory: only an allowed one may."""
    return signal.facts is not None and bool(signal.visits) and signal.permission.decision is Decision.ALLOWED


def lacks(signal: Signal) -> bool:
    """Tell whether an arrival could use what its visit is known by."""
    if not signal.visits or signal.permission.decision is not Decision.ALLOWED or signal.event_source != "web":
        return False
    own = signal.facts
    return own is None or not (own.ttclid and own.ttp and own.ip and own.user_agent and own.url)


def borrowed(facts: Facts, signal: Signal, arrival: bytes) -> Copy | None:
    """Give the visit's facts that a signal lacks as a copy of the lowest authority, or None if there are none."""
    own = signal.facts or Facts()
    user: dict[str, Any] = {
        name: getattr(facts, name) for name in ("ttclid", "ttp") if getattr(facts, name) and not getattr(own, name)
    }
    if facts.ip and facts.user_agent and not own.ip and not own.user_agent:  # tiktok.md 8.4: only together
        user.update(ip=facts.ip, user_agent=facts.user_agent)
    body: dict[str, Any] = {"user": user} if user else {}
    if facts.url and not own.url:
        body["page"] = {"url": facts.url}
    return Copy(VISIT, signal.received_ms, arrival, signal.source, _encode(body)) if body else None
