"""
Reckon up by the truth file what the ledger of orders ought to say, and compare it with what the gateway says.

The gateway is asked by its own command, in a process of its own. Knows neither package.
"""

import csv
import io
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

Event = Mapping[str, Any]
Sums = dict[str, Decimal]

_COMMAND = ("-m", "twinbeam", "orders", "reconcile", "--days", "3", "--csv", "-")
_COUNTS = ("orders", "accepted", "ignored", "missing")
_MONEY = ("value", "refunded", "net")
#: What has to be nothing: by how many orders, and by how much money, the two are apart.
ALSO_ZERO = ("ledger_miscounted", "ledger_value_difference", "ledger_refund_difference")


def told(state: Path, keyring: Path) -> list[dict[str, str]]:
    """Ask the gateway for the sums of its ledger: a row for each day, pixel, channel, currency and source."""
    environment = {**os.environ, "TWINBEAM_DATA": str(state), "TWINBEAM_KEYRING": str(keyring)}
    done = subprocess.run(  # noqa: S603 -- our own interpreter and options of ours
        [sys.executable, *_COMMAND], capture_output=True, text=True, env=environment, timeout=60, check=True
    )
    return list(csv.DictReader(io.StringIO(done.stdout)))


def compare(truth: Event, rows: Iterable[Mapping[str, str]]) -> dict[str, int | float]:
    """Give how many orders the ledger holds, and by what it differs from the truth, over all currencies and sources."""
    due, found = _due(truth["system_orders"]), _found(rows)
    places = due.keys() | found.keys()

    def apart(names: Iterable[str]) -> Decimal:
        return sum((abs(due[it][name] - found[it][name]) for it in places for name in names), Decimal(0))

    return {
        "ledger_orders": int(sum(found[it]["orders"] for it in found)),
        "ledger_miscounted": int(apart(_COUNTS)),
        "ledger_value_difference": float(apart(("value",))),
        "ledger_refund_difference": float(apart(("refunded", "net"))),
    }


def _due(orders: Iterable[Event]) -> defaultdict[tuple[str, str], Sums]:
    """Add up what was planned: what does not count is left out on purpose, and none is missing."""
    sums = _nothing()
    for order in orders:
        place, value, back = (
            sums[order["source"], order["currency"]],
            Decimal(order["value"]),
            Decimal(order["refunded"]),
        )
        place["orders"] += 1
        place["accepted" if order["counts"] else "ignored"] += 1
        place["value"] += value
        place["refunded"] += back
        place["net"] += value - back if order["stands"] else 0
    return sums


def _found(rows: Iterable[Mapping[str, str]]) -> defaultdict[tuple[str, str], Sums]:
    sums = _nothing()
    for row in rows:
        for name in (*_COUNTS, *_MONEY):
            sums[row["source"], row["currency"]][name] += Decimal(row[name] or 0)
    return sums


def _nothing() -> defaultdict[tuple[str, str], Sums]:
    return defaultdict(lambda: dict.fromkeys((*_COUNTS, *_MONEY), Decimal(0)))
