"""The fourth way: both sides report to the gateway, and it alone decides what goes to TikTok besides its script."""

import asyncio
import csv
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from month import assumptions as assumed
from month import page, shop
from month.assumptions import HOUR_SECONDS, START_S
from month.gateway import SOURCE, Answer, Gateway
from month.page import CHECKOUT, PURCHASE
from month.shoppers import Shopper, Webhook, shoppers
from month.tiktok import TikTok
from month.virtual_time import JumpingLoop
from month.without_gateway import PAGE_SECONDS
from twinbeam.core.clock import HandClock
from twinbeam.sources import consent_v1, events_v1

#: After the last order: the latest webhook, and what is held until then.
AFTERWARDS_SECONDS = (assumed.LATE_HOURS[1] + 49) * HOUR_SECONDS
DAY_SECONDS = 24 * HOUR_SECONDS
LIST_SECONDS = 2 * HOUR_SECONDS  #: after midnight the list of the day before is imported
TOLD_EVERY = 50  #: orders: it may be another process that is told of them
NIGHTS = range(1, assumed.DAYS + 2)
MIRROR_SECONDS = 0.8  #: the tag reports after TikTok's script, once it has seen what became of it

Act = Callable[[], Awaitable[None]]


class Planned(Struct, frozen=True):
    """Something that a buyer's page or the shop does, in seconds since the month began."""

    at: float
    act: Act


class Played:
    """
    A month through the gateway: what TikTok counts, and what the gateway knows of each order.

    With `lists` the owner imports the shop's list of yesterday's orders each night.
    """

    def __init__(self, buyers: Sequence[Shopper], folder: Path, tell: Callable[[int], None], *, lists: bool) -> None:
        self.tiktok = TikTok()
        self._folder, self._lists = folder, lists
        self._receipts: dict[int, str] = {}
        self._clock = HandClock(START_S * 1_000)
        self._buyers = buyers
        self._tell = tell
        self._loop = JumpingLoop(self._clock)
        self.refused: list[str] = []  #: answers of the doors that are no 2xx
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._all())

    def close(self) -> None:
        """Give the gateway's files back."""
        self.gateway.close()

    async def _all(self) -> None:
        self.gateway = Gateway(self._folder, self.tiktok, self._clock)
        await self._prove_a_pair()
        await self.gateway.run(self._play)

    async def _prove_a_pair(self) -> None:
        """End the set-up as `docs/howto/setup.md` does, before the month: the shop's server has reported an order."""
        buyer = replace(next(shoppers(0, 1)), n=-1, visit_at=0.0, ordered_at=0.0)
        await self._delivered(buyer)()

    async def _play(self) -> None:
        begun = self._loop.time()
        for planned in sorted(self._plan(), key=lambda it: it.at):
            await asyncio.sleep(begun + planned.at - self._loop.time())
            await planned.act()
        await asyncio.sleep(AFTERWARDS_SECONDS)

    def _plan(self) -> Iterator[Planned]:
        for buyer in self._buyers:
            yield from self._visit(buyer)
            yield from self._order(buyer)
        if self._lists:
            yield from (Planned(night * DAY_SECONDS + LIST_SECONDS, self._imported(night)) for night in NIGHTS)

    def _visit(self, buyer: Shopper) -> Iterator[Planned]:
        """Plan what a buyer's checkout page sends: the click for the order that may follow, or a refusal."""
        if not page.tag_runs(buyer, CHECKOUT):
            return
        if not buyer.permitted:
            if buyer.answer is False:
                yield Planned(buyer.visit_at, self._posted(buyer, consent_v1.PATH, page.refusal(buyer)))
            return
        yield from self._reported(buyer, CHECKOUT, buyer.visit_at)

    def _imported(self, night: int) -> Act:
        """Import the orders of the day before: those with the receipt of a grant, and those of where none is needed."""
        upto = night * DAY_SECONDS + LIST_SECONDS
        orders = [buyer for buyer in self._buyers if upto - DAY_SECONDS <= buyer.ordered_at < upto]

        async def act() -> None:
            for asks_first, basis in ((True, ""), (False, "US: the buyer has not opted out")):
                there = [it for it in orders if assumed.PLACES[it.country].asks_first is asks_first]
                if there:
                    self.gateway.import_orders(self._written(there), basis)

        return act

    def _written(self, orders: Sequence[Shopper]) -> Path:
        path = self._folder / "orders.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow([*shop.COLUMNS, *shop.TOKENS])
            rows.writerows(shop.listed(order, self._receipts.get(order.n, "")) for order in orders)
        return path

    def _order(self, buyer: Shopper) -> Iterator[Planned]:
        """Plan what thank-you page and shop send."""
        if page.tag_runs(buyer, PURCHASE) and buyer.permitted:
            yield from self._reported(buyer, PURCHASE, buyer.ordered_at + PAGE_SECONDS)
        if buyer.webhook is not Webhook.LOST:
            yield Planned(buyer.ordered_at + buyer.webhook_seconds, self._delivered(buyer))
        if buyer.n % TOLD_EVERY == TOLD_EVERY - 1 or buyer is self._buyers[-1]:
            yield Planned(buyer.ordered_at, self._told(buyer.n % TOLD_EVERY + 1))

    def _reported(self, buyer: Shopper, event: str, at: float) -> Iterator[Planned]:
        """Plan both copies of an event of a page: that of TikTok's script, and the tag's."""
        if page.is_sent(buyer, event):
            beacon = page.beacon(buyer, event, at, page.event_id(buyer, event))
            yield Planned(at, self._fired(buyer, beacon))
        yield Planned(at + MIRROR_SECONDS, self._posted(buyer, events_v1.PATH, page.mirrored(buyer, event)))

    def _fired(self, buyer: Shopper, beacon: bytes) -> Act:
        async def act() -> None:
            self.tiktok.script(beacon, buyer.address, self._clock.now_ms())

        return act

    def _posted(self, buyer: Shopper, path: str, body: bytes) -> Act:
        key = (b"authorization", f"Bearer {self.gateway.tag_key}".encode())
        headers = [key, (b"user-agent", page.agent_of(buyer).encode())]

        async def act() -> None:
            answer = await self.gateway.post(path, body, headers, buyer.address)
            self._noted(answer)
            if receipt := msgspec.json.decode(answer.body).get("receipt"):
                self._receipts[buyer.n] = receipt  # the theme writes it onto the cart

        return act

    def _delivered(self, buyer: Shopper) -> Act:
        async def act() -> None:
            body = shop.shopify_order(buyer)
            path = f"/in/shopify/{SOURCE}"
            self._noted(await self.gateway.post(path, body, shop.signature_of(body), "192.0.2.1"))

        return act

    def _told(self, orders: int) -> Act:
        async def act() -> None:
            self._tell(orders)

        return act

    def _noted(self, answer: Answer) -> None:
        if not 200 <= answer.status < 300 or b'"rejected":[]' not in answer.body:
            self.refused.append(f"{answer.status} {answer.body[:200]!r}")
