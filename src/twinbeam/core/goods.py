"""What an order's lines are worth, as it travels with a server's copy: for its margin, never for TikTok."""

from msgspec import Struct


class GoodsLine(Struct, frozen=True, gc=False, array_like=True):
    """One line: every id its product is named by, and how many pieces."""

    ids: list[str]
    quantity: int


class Goods(Struct, frozen=True, gc=False, array_like=True):
    """The products of an order: what was paid for them after discounts, without tax, shipping and tips."""

    minor: int  #: in the currency's minor unit
    currency: str
    lines: list[GoodsLine]


class Margin(Struct, frozen=True):
    """What an order is worth by revenue and by margin, in minor units, as of when its copy was recorded."""

    revenue: int | None  #: the value that the rules for revenue give
    products: int | None = None  #: what was paid for the products after discounts
    cost: int | None = None  #: of all lines; None where that of one is not known
    currency: str = ""
    trouble: str = ""  #: of TROUBLES: why the margin is no value
    sends: str = "revenue"  #: which is sent: revenue, margin or nothing

    @property
    def margin(self) -> int | None:
        """What is left of the products' price; None where a cost is not known, below zero for a loss."""
        return None if self.products is None or self.cost is None else self.products - self.cost


#: Why an order's margin is no value, in words.
TROUBLES = {
    "lines": "The order says no lines, no value or no product id, so its cost is not known.",
    "cost": "The product feed has no cost for one of its lines.",
    "currency": "A cost is in another currency than the order.",
    "loss": "Its products cost as much as was paid for them, or more.",
}
