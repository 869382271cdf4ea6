"""
What became of the events of a play (chaos.py), judged by each one's part.

TikTok's side may answer with a refusal that its script made up, which the event's dead letter then names.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing

import msgspec

from chaos import ARRIVES, Scripted
from gateway import Shop
from twinbeam.engines.stores.sqlite.store import FILE


class Fates(msgspec.Struct, frozen=True):
    """What became of a play, by the gateway's store and by TikTok's side."""

    states: dict[str, list[tuple[str, str, str]]]  #: state, reason and TikTok's last message, by event id
    counted: dict[str, set[int]]  #: the numbers under which TikTok's side counts an event
    copies: dict[str, Counter[str]]  #: what of it arrived there, and how often
    strangers: set[str]  #: what is counted and was never posted


def fates_of(shop: Shop, play: Sequence[Scripted]) -> Fates:
    """Read what became of a play."""
    states: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    with closing(sqlite3.connect(f"file:{shop.gateway.data / FILE}?mode=ro", uri=True)) as db:
        for event_id, *ended in db.execute(_STATES):
            states[event_id].append((ended[0], ended[1], ended[2]))
    counted: dict[str, set[int]] = defaultdict(set)
    copies: dict[str, Counter[str]] = defaultdict(Counter)
    for copy in shop.tiktok.all_of("received"):
        counted[copy["event_id"]] |= {copy["counted_as"]} - {None}
        copies[copy["event_id"]][json.dumps(copy["body"])] += 1
    known = {event.event_id for event in play}
    return Fates(states, counted, copies, {id_ for id_ in counted if counted[id_]} - known)


_STATES = (
    "SELECT event_id, conversion.state, reason, coalesce(batch.message, '') FROM conversion "
    "LEFT JOIN batch ON batch.id = conversion.batch WHERE event_id <> ''"
)

#: What an answer says that a script made up: an event that got it alone is a dead letter by that script.
MADE_UP = ("scripted", "Partial success", "HTTP 413", "nobody knows this code")


class Verdict(msgspec.Struct):
    """What a play came to."""

    once: int = 0  #: events that count once, of those whose script lets them arrive
    arriving: int = 0
    doubled: list[str] = []
    unexplained: list[str] = []
    changed: list[str] = []  #: events of which copies differ that no condition came between
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)


def judged(play: Sequence[Scripted], fates: Fates, requests: Sequence[tuple[tuple[str, ...], str]]) -> Verdict:
    """Judge a play by each event's part."""
    verdict = Verdict(doubled=sorted(fates.strangers))
    for event in play:
        states, counts = fates.states.get(event.event_id, []), len(fates.counted.get(event.event_id, ()))
        made_up = [state for state, _, message in states] == ["refused"] and _is_made_up(states[0][2])
        ended = "made up" if made_up else ",".join(state for state, _, _ in states)
        verdict.outcomes[f"{event.part}: {ended or 'no row'}"] += 1
        verdict.doubled += [event.event_id] * (counts > 1)
        if event.part in ARRIVES and not made_up:
            verdict.arriving += 1
            verdict.once += ended == "delivered" and counts == 1
        if not made_up and (ended, counts) not in ENDS.get(event.part, {("delivered", 1)}):
            verdict.unexplained.append(f"{event}: {states}, counted {counts} times")
        most = 2 if event.part in CONDITIONED else 1
        verdict.changed += [event.event_id] * (len(fates.copies.get(event.event_id, ())) > most)
    verdict.changed += _changed_requests(play, requests)
    return verdict


#: How an event may end by its part: its state ("" is none: dropped, or withdrawn and its id forgotten), and how often it
#: counts. Whoever declines while it is on its way may be too late.
ENDS: dict[str, set[tuple[str, int]]] = {
    "bad": {("refused", 0)},
    "denied": {("", 0), ("dropped", 0)},
    "declined": {("", 0), ("", 1), ("withdrawn", 0), ("withdrawn", 1), ("delivered", 1)},
    "limited": {("", 0), ("", 1), ("delivered", 1)},  # a condition that comes while it is on the wire withdraws it
}
#: Parts whose visitor says something in between that changes what is sent.
CONDITIONED = frozenset({"declined", "limited"})


def _is_made_up(message: str) -> bool:
    return any(text in message for text in MADE_UP)


def _changed_requests(play: Sequence[Scripted], requests: Sequence[tuple[tuple[str, ...], str]]) -> list[str]:
    """Return requests with the same events and other bytes, though no condition came between."""
    conditioned = {event.event_id for event in play if event.part in CONDITIONED}
    bodies: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for ids, digest in requests:
        bodies[ids].add(digest)
    return [f"request with {ids[0]}" for ids, each in bodies.items() if len(each) > 1 and not conditioned & {*ids}]
