"""
One order counts once: random histories of its copies, from the front door to TikTok's count, against an oracle.

What TikTok counts is judged by `order_oracle.py`, which reads the law of copies by itself. In half of the histories the
writer is killed, and requests fail with and without having arrived.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from adversary import GRANTED, SECOND_MS
from order_histories import some_histories
from order_oracle import Judge, Verdict
from troubled import Troubled
from world import PIXEL, UNCONFIRMED, World

MANY = 10_000  #: in `make check-truth`
A_WORLD = 250  #: histories that share a clock and a store
SEEDS = (1, 2, 3, 4)  #: each plays an equal share of the histories

ADDRESS = "2001:db8::1"
DAY_MS = 24 * 3_600 * SECOND_MS


def verdicts(folder: Path, seed: int, count: int) -> Iterator[Verdict]:
    """Play histories, and judge each of their orders."""
    for n in range(0, count, A_WORLD):
        chance = Random(f"{seed} {n}")
        histories = some_histories(chance, min(A_WORLD, count - n))
        (place := folder / f"{seed}-{n}").mkdir()
        world = Troubled(place, chance, trouble=(seed + n // A_WORLD) % 2 == 1)
        world.play(histories)
        for history in histories:
            seen = [one for order in history.orders for one in world.seen[order.name]]
            for order in history.orders:
                reached = world.reached[order.name]
                yield Judge(order, seen, reached, found=world.found(reached)).verdict()
        world.close()


def summed(found: Iterator[Verdict]) -> Counter[str]:
    """Count what is wrong, and what the law says of the rest."""
    sums: Counter[str] = Counter()
    for verdict in found:
        sums["orders"] += 1
        sums["avoidable doubles"] += bool(verdict.avoidable)
        sums["lost"] += verdict.is_lost
        sums["money"] += bool(verdict.money)
        sums["silent"] += verdict.is_silent
        sums["once"] += len(verdict.counted) == 1
        sums.update(verdict.unavoidable)
    return sums


def assert_once(sums: Counter[str]) -> None:
    assert {name: sums[name] for name in ("avoidable doubles", "lost", "money", "silent")} == {
        "avoidable doubles": 0,
        "lost": 0,
        "money": 0,
        "silent": 0,
    }


@pytest.mark.slow
@pytest.mark.truth("joins")
def test_of_10_000_histories_none_counts_twice_that_could_count_once(tmp_path, record_property, request):
    many = bool(request.config.getoption("check", None))
    share = MANY // len(SEEDS) if many else A_WORLD
    sums: Counter[str] = Counter()
    for seed in SEEDS:
        sums += summed(verdicts(tmp_path, seed, share))
    doubles, lost, money = (sums[name] for name in ("avoidable doubles", "lost", "money"))
    figures = f"avoidable doubles {doubles}, lost {lost}, money {money}"
    record_property("figures", f"joins: {share * len(SEEDS)} histories, {figures}")
    assert_once(sums)
    assert sums["once"] > sums["orders"] / 3


class Shop:
    """One order, told copy by copy."""

    def __init__(self, folder: Path, event: str = "Purchase", pixel: str = PIXEL) -> None:
        self.world = World(folder)
        self._usual = {"event": event, "pixel": pixel, "consent": GRANTED}
        self._usual |= {"properties": {"value": 49.0, "currency": "EUR"}}

    def server(self, event_id: str = "", **said: Any) -> None:
        """Report it as the shop's server."""
        self._report({"event_time": self.world.now_ms // 1_000, **said}, event_id)

    def page(self, event_id: str = "", *, native: str = "not_fired", **said: Any) -> None:
        """Report it as its page, where TikTok's own script has sent it or not."""
        event = self._report({"native": native, "visitor_id": "v-1", **said}, event_id, address=ADDRESS)
        if native == "sent":
            self.world.fired(event, event_id)

    def later(self, ms: int = 11 * SECOND_MS) -> None:
        """Let time pass, and send what is due."""
        self.world.pass_time(ms)
        self.world.send()

    def counted(self) -> list[str]:
        """Play to the end, and give the ids that TikTok counts."""
        for ms in (11 * SECOND_MS, 300 * SECOND_MS, *[DAY_MS] * 3):
            self.later(ms)
        counted = [left.body["event_id"] for left in self.world.counted()]
        self.held = self.world.store.states().get("held", 0)
        self.world.close()
        return counted

    def _report(self, said: dict[str, Any], event_id: str, address: str = "") -> dict[str, Any]:
        event = {**self._usual, **said, **({"event_id": event_id} if event_id else {})}
        self.world.post(event, address=address)
        self.world.record()
        return event


@pytest.mark.truth("joins")
def test_an_order_that_left_leaves_no_second_time_under_the_id_that_a_page_drew(tmp_path):
    shop = Shop(tmp_path)
    shop.page("b", checkout_token="K")
    shop.server(order_id="O")
    shop.later()
    shop.server("b", order_id="O")
    assert shop.counted() == ["O"]


@pytest.mark.truth("joins")
def test_of_two_ids_of_a_lead_the_one_that_is_proven_sent_leaves(tmp_path):
    shop = Shop(tmp_path, event="Lead", pixel=UNCONFIRMED)
    shop.page("A", order_id="O", native="blocked")
    shop.page("B", order_id="O", native="sent")
    assert shop.counted() == ["B"]


@pytest.mark.truth("joins")
def test_what_a_server_shows_to_be_one_before_it_leaves_counts_once(tmp_path):
    shop = Shop(tmp_path)
    shop.page("unrelated", checkout_token="L", order_id="P")  # so that both sides report, and a twin is waited for
    shop.server("unrelated", checkout_token="L", order_id="P")
    shop.server(order_id="O")
    shop.server(checkout_token="K")
    shop.server(order_id="O", checkout_token="K")
    assert shop.counted() == ["unrelated", "O"]


@pytest.mark.truth("joins")
def test_a_page_that_bears_both_ids_ties_its_own_report_to_the_servers(tmp_path):
    shop = Shop(tmp_path)
    shop.server(order_id="O")
    shop.page("b", checkout_token="K", native="sent")
    shop.page(order_id="O", checkout_token="K")
    assert shop.counted() == ["b"]
    assert shop.held == 0
