"""One order counts once, from the front door to TikTok's count, however its copies come."""

from pathlib import Path
from typing import Any

import pytest

from adversary import GRANTED, SECOND_MS
from world import PIXEL, UNCONFIRMED, World

ADDRESS = "2001:db8::1"
DAY_MS = 24 * 3_600 * SECOND_MS


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
