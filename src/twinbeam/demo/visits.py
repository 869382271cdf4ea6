"""What can happen in the shop, as values: an answer to the banner, an order, and anything else a channel reports."""

from typing import Literal

from msgspec import Struct

from twinbeam.demo.visitors import Visitor

ShopSystem = Literal["shopify", "woocommerce"]
Step = Literal["placed", "paid", "shipped", "refunded", "returned", "cancelled"]
"""What an order goes through; `refunded` is a quarter of its value, `returned` all of it."""

LONG_AGO = -3_600.0  #: most visitors answered the banner on an earlier visit, seconds after the opening


class BannerAnswer(Struct, frozen=True):
    """What a visitor answered to the consent banner, and when, in seconds after the opening."""

    granted: bool
    at: float = LONG_AGO


class OrderLine(Struct, frozen=True):
    """One line of an order."""

    content_id: str
    minor: int  #: unit price in the currency's minor unit
    quantity: int


class PlannedOrder(Struct, frozen=True):
    """
    One order and the times, in seconds after the opening, at which each copy of it is sent.

    No times means that the channel never reports it. Scenarios change the times and what a copy says; the rest is
    the truth.
    """

    order_id: str
    visitor: Visitor
    answer: BannerAnswer | None  #: what its copies say about consent; None where the visitor has not answered yet
    lines: tuple[OrderLine, ...]
    placed: float
    checkout: tuple[float, ...]
    browser: tuple[float, ...]
    server: tuple[float, ...]
    paid: bool = True
    test: bool = False  #: somebody of the shop tries the checkout out
    script: bool = True  #: TikTok's own script runs in this browser; an ad blocker stops it
    direct: bool = False  #: the visit began at the payment page: nothing was seen before the order
    landed: BannerAnswer | None = None  #: what the visitor had answered before, if it was something else
    later: BannerAnswer | None = None  #: what the visitor says in the end, by the banner and without an event
    browser_id: str | None = None  #: the id that the page makes up; None: it knows the order's
    browser_minor: int | None = None  #: what the page takes for the value, if it is wrong
    server_name: str = "Purchase"  #: what the back end calls it
    email_in_url: bool = False
    scenarios: tuple[str, ...] = ()

    @property
    def minor(self) -> int:
        """What was paid, in the currency's minor unit: the sum of the lines."""
        return sum(line.minor * line.quantity for line in self.lines)

    @property
    def by_script(self) -> bool:
        """Whether TikTok's own script reports it, which no later answer can take back."""
        return self.script and bool(self.browser) and self.answer is not None and self.answer.granted

    @property
    def permitted(self) -> bool:
        """Whether anybody may report it in the end: the visitor's last answer counts."""
        last = self.later or self.answer
        return last is not None and last.granted

    @property
    def counts(self) -> bool:
        """Whether exactly one conversion ought to be counted for it."""
        return self.paid and not self.test and (self.permitted or self.by_script)


class PlannedDelivery(Struct, frozen=True):
    """One webhook of a shop system: the order as it was after one of its steps."""

    at: float  #: seconds after the opening
    step: int  #: of the order's
    partial: bool = False  #: it holds only what changed


class SystemOrder(Struct, frozen=True):
    """
    One order in a shop system, which tells of it by webhooks alone.

    What it went through is the truth; scenarios change that, and in which order and how often it is told.
    """

    order_id: str
    system: ShopSystem
    visitor: Visitor
    lines: tuple[OrderLine, ...]
    placed: float  #: seconds after the opening
    steps: tuple[Step, ...]
    deliveries: tuple[PlannedDelivery, ...]
    cash: bool = False  #: paid on delivery
    scenarios: tuple[str, ...] = ()

    @property
    def minor(self) -> int:
        """What the buyer pays, in the currency's minor unit."""
        return sum(line.minor * line.quantity for line in self.lines)

    @property
    def refunded(self) -> int:
        """What went back, in the currency's minor unit."""
        return self.minor if "returned" in self.steps else self.minor // 4 if "refunded" in self.steps else 0

    @property
    def permitted(self) -> bool:
        """Whether anybody may report it."""
        return self.visitor.consented

    @property
    def stands(self) -> bool:
        """Whether it was paid, and neither cancelled nor taken back whole."""
        return "paid" in self.steps and not {"cancelled", "returned"} & set(self.steps)

    @property
    def counts(self) -> bool:
        """Whether exactly one conversion ought to be counted for it."""
        return self.permitted and self.stands


class ShopEvent(Struct, frozen=True):
    """Anything a channel reports: a purchase, or a lead, checkout or view with an id of its own."""

    event: str
    visitor: Visitor
    at: float  #: seconds after the opening
    answer: BannerAnswer | None  #: as in PlannedOrder
    event_id: str | None = None
    order: PlannedOrder | None = None
    looked_at: tuple[OrderLine, ...] = ()  #: what a page without an order shows, or puts into the cart
    browser: tuple[float, ...] = ()
    server: tuple[float, ...] = ()
    script: bool = True  #: as in PlannedOrder
    counts: bool = True  #: whether it ought to be counted once

    @property
    def lines(self) -> tuple[OrderLine, ...]:
        """What it is about: the order's lines, or what the page shows."""
        return self.order.lines if self.order else self.looked_at
