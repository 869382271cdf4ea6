"""
The table of what may leave, read from spec/permission.json: an oracle that shares nothing with the consent room.

A `Case` is what a sender sends; `expected` looks its facts up in the data and gives what may leave, at most and least.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct, field

SPEC = Path(__file__).parents[1] / "spec"
DATA = json.loads((SPEC / "permission.json").read_text(encoding="utf-8"))
VECTORS = json.loads((SPEC / "consent.json").read_text(encoding="utf-8"))["vectors"]

PURPOSES = ("ad_storage", "ad_user_data", "ad_personalization")
DEFAULTS: Mapping[str, str] = {
    "policy": "by_region",
    "user_data_denied": "drop",
    "personalization_denied": "limit",
    "opted_out": "limit",
}
LEVELS = ("never", "later", "bare", "limited", "full")
"""What may leave of an event, from nothing to all."""

_LAWS = {row["place"]: row["law"] for row in DATA["places"]}


class Case(Struct, frozen=True):
    """One event, and what is meant by it."""

    consent: Any = {}  #: as it is written
    means: Mapping[str, Any] = {}  #: the answers in our own words
    place: str | None = None  #: as the consent says, understood; None where nobody knows
    seen: str | None = None  #: as the delivery network sees it
    source: str = "web"
    channel: str = "server"
    rules: Mapping[str, str] = field(default_factory=lambda: DEFAULTS)
    gpc: str = ""  #: the browser's header
    asked: bool = False  #: the event's own limited_data_use
    ip: bool = True


def expected(case: Case) -> str:
    """Give what may leave of a case: one of LEVELS."""
    facts = _facts(case)
    leaves = _first(DATA["leaves"], facts)
    return _first(DATA["how"], facts) if leaves == "now" else leaves


def _facts(case: Case) -> dict[str, Any]:
    answers = {name: case.means.get(name) or "unsaid" for name in PURPOSES}
    signals = [part.strip() for part in case.gpc.split(",")]
    opted_out = case.means.get("opt_out") is True or "1" in signals
    impersonal = opted_out or answers["ad_personalization"] == "denied"
    acts = case.place in DATA["limited_data_use"]["places"] and case.seen in (None, "US", case.place)
    return {
        **case.rules,
        **answers,
        "law": _law(case),
        "opt_out": "denied" if opted_out else "none",
        "impersonal": impersonal,
        "acts": acts,
        "asked": case.asked,
        "ip": case.ip,
        "source": case.source,
    }


def _law(case: Case) -> str:
    policy = case.rules["policy"]
    if policy != "by_region":
        return {"require": "opt_in", "not_required": "not_required"}[policy]
    known = [place for place in (case.place, case.seen) if place]
    laws = [law_of(place) for place in known] or [DATA["unknown"]["law"]]
    return max(laws, key=DATA["strictness"].index)


@cache
def law_of(place: str) -> str:
    """Give the law of a place; a state that has no row has its country's."""
    return str(_LAWS.get(place) or _LAWS.get(place[:2]) or DATA["unknown"]["law"])


def _first(rows: list[dict[str, Any]], facts: Mapping[str, Any]) -> str:
    return next(str(row["then"]) for row in rows if all(facts[name] in may for name, may in row["when"].items()))
