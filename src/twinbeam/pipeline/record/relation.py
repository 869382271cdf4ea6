"""
What an arrival is to the conversion that it names: one of its own copies, or somebody's claim.

A visit is told by a token that strangers cannot guess. An order id or an event id can be guessed, so whoever names
nothing else from a browser only claims to belong to it; the shop's server is believed.
"""

from collections.abc import Iterable
from enum import StrEnum, auto

from twinbeam.core.lifecycle import State
from twinbeam.core.values import Side, Signal
from twinbeam.pipeline.record.conversion import STRONG, VOUCHED, Conversion, belongs_to


class Relation(StrEnum):
    """What an arrival is to a conversion."""

    OWN = auto()  #: of the same visit, or of the server that vouches for it
    FIRST_VOUCHED = auto()  #: the server's first word on what only browsers reported, naming no visit
    TAKEN_OVER = auto()  #: the server's first word, naming another visit than those that reported it
    CLAIM = auto()  #: a browser's, on what a server vouches for without naming the visit; or one that names no visit
    RIVAL = auto()  #: a browser's, on what another visit reported and no server vouches for
    STRANGER = auto()  #: a browser's, on what a server vouches for and names another visit of


def relation_of(known: Conversion, signal: Signal, visitors: Iterable[bytes], visitor: bytes) -> Relation:
    """Return what an arrival is to a conversion; `visitors` are all visits it names, `visitor` the first of them."""
    is_same = any(belongs_to(known, each) for each in visitors)
    if signal.channel.side is Side.SERVER:
        if is_same or (known.evidence & VOUCHED and not _refused_another_visit(known, signal)):
            return Relation.OWN
        return Relation.TAKEN_OVER if signal.strong else Relation.FIRST_VOUCHED
    if is_same:
        return Relation.OWN
    if known.evidence & STRONG:
        return Relation.STRANGER
    if known.evidence & VOUCHED or (known.visitor and not visitor):
        return Relation.CLAIM
    return Relation.RIVAL if visitor else Relation.OWN


def hears_others(known: Conversion) -> bool:
    """Return whether a refusal of a visit that nothing ties to it may hold it: a visit's own report hears no other."""
    return not known.evidence & STRONG and (bool(known.evidence & VOUCHED) or not known.visitor)


def is_another_order(known: Conversion, signal: Signal) -> bool:
    """Return whether a conversion is said to be of another order than an arrival, be it by a server or by a browser."""
    return bool(known.order_id) and bool(signal.order_id) and known.order_id != signal.order_id


def _refused_another_visit(known: Conversion, signal: Signal) -> bool:
    """Return whether a server refused a conversion for another visit than the one that it names now."""
    is_refused = known.state in (State.DROPPED, State.WITHDRAWN)
    return is_refused and signal.strong and bool(known.evidence & STRONG) and bool(known.visitor)


def has_left(known: Conversion) -> bool:
    """Return whether it may have reached TikTok."""
    return known.frozen or known.state in (State.LEASED, State.DELIVERED, State.REFUSED)
