"""
Whose copies speak for a conversion, and about what.

A copy of the visit that its server named by a token, and of the server itself, is believed in everything. A browser
that only names the order, or the event id, claims to be part of it: anybody with the public key can do that. Such a
claimant adds what a click leaves (click keys, page, the id that fired) and never an identifier of a person, and only
where it agrees with what the server knows of the device or the e-mail address, or where nobody else claims the order
(docs/concepts/copies.md).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from twinbeam.core.values import Channel
from twinbeam.pipeline.record.conversion import GRANTED, STRONG, VOUCHED, Copy, Spoken

VISIT = "visit"
_BROWSERS = frozenset({Channel.BROWSER.value, VISIT})


class Heard(NamedTuple):
    """The copies of a conversion, by what they are believed in."""

    whole: Sequence[Copy]  #: everything
    clicks: Sequence[Copy] = ()  #: click keys and page
    money: Sequence[Copy] = ()  #: value and currency
    ids: Sequence[Copy] = ()  #: the event id


def heard(copies: Sequence[Copy], spoken: Spoken | None) -> Heard:
    """Sort copies by what they are believed in; without a row to ask, all are of one visit."""
    if spoken is None or len(copies) == 1:
        return Heard(copies)
    added = [copy for copy in copies if copy.adds]
    if added:
        first = heard([copy for copy in copies if not copy.adds], spoken)
        return first._replace(whole=[*first.whole, *added])
    return _of_first_word(copies, spoken)


def _of_first_word(copies: Sequence[Copy], spoken: Spoken) -> Heard:
    if spoken.evidence & STRONG:
        own = {spoken.visitor, spoken.other_visitor or spoken.visitor}
        return Heard([copy for copy in copies if _is_server(copy) or copy.visitor in own])
    if not spoken.evidence & VOUCHED or not any(map(_is_server, copies)):  # what ended in vain begins without them
        return Heard(_of_one_claimant(copies, spoken))
    servers = [copy for copy in copies if _is_server(copy) or _is_own_visit(copy, spoken)]
    claims = _claims(copies, servers, spoken)
    if claims and not spoken.evidence & GRANTED:
        return Heard(_granter(claims, servers, spoken), money=servers)
    fired = _agreeing(_claims(copies, servers, spoken, silent=True), servers)
    return Heard(servers, _agreeing(claims, servers), ids=fired)


def _of_one_claimant(copies: Sequence[Copy], spoken: Spoken) -> Sequence[Copy]:
    """Return the copies of one visit where no server vouches for any: the one that permits, else the first."""
    claims = _claims(copies, (), spoken)
    return _granter(claims, (), spoken) if claims else copies


def _claims(
    copies: Iterable[Copy], servers: Sequence[Copy], spoken: Spoken, *, silent: bool = False
) -> list[list[Copy]]:
    """
    Group the permitted copies of browsers by their visit, the earliest first, without those of another order.

    With `silent` those without a word on consent as well: their event id says nothing of anybody.
    """
    orders = {copy.order_id for copy in servers if copy.order_id}
    groups: dict[bytes, list[Copy]] = {}
    for copy in copies:
        if copy.channel not in _BROWSERS or (servers and _is_own_visit(copy, spoken)):
            continue
        of_another = orders and copy.order_id and copy.order_id not in orders
        if not of_another and (silent or copy.allowed or (copy.visitor and copy.visitor == spoken.granter)):
            groups.setdefault(copy.visitor, []).append(copy)
    return sorted(groups.values(), key=_first)


def _granter(claims: Sequence[list[Copy]], servers: Sequence[Copy], spoken: Spoken) -> list[Copy]:
    """Return the claimant whose permission a conversion rests on."""
    named = [claim for claim in claims if spoken.granter and claim[0].visitor == spoken.granter]
    return next(iter([*_agreed(claims, servers), *named, *claims]))


def _agreeing(claims: Sequence[list[Copy]], servers: Sequence[Copy]) -> list[Copy]:
    """Return the claimant that agrees with the server, else a sole one."""
    agreed = _agreed(claims, servers)
    if agreed:
        return agreed[0]
    return claims[0] if len(claims) == 1 else []


def _agreed(claims: Sequence[list[Copy]], servers: Sequence[Copy]) -> list[list[Copy]]:
    known = {mark for copy in servers for mark in copy.marks}
    return [claim for claim in claims if any(not known.isdisjoint(copy.marks) for copy in claim)] if known else []


def _is_server(copy: Copy) -> bool:
    return copy.channel not in _BROWSERS


def _is_own_visit(copy: Copy, spoken: Spoken) -> bool:
    return copy.channel == VISIT and copy.visitor == spoken.visitor


def _first(claim: Iterable[Copy]) -> tuple[int, bytes]:
    return min((copy.received_ms, copy.arrival) for copy in claim)
