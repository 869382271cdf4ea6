"""What can happen in the shop, as values: an order, and anything else a channel reports."""

from msgspec import Struct

from twinbeam.demo.visitors import Visitor


class Line(Struct, frozen=True):
    """One line of an order."""

    content_id: str
    minor: int  #: unit price in the currency's minor unit
    quantity: int


class Order(Struct, frozen=True):
    """
    One order and the times, in seconds after the opening, at which each copy of it is sent.

    No times means that the channel never reports it. Troubles change the times; the rest is the truth.
    """

    order_id: str
    visitor: Visitor
    lines: tuple[Line, ...]
    placed: float
    checkout: tuple[float, ...]
    browser: tuple[float, ...]
    server: tuple[float, ...]
    paid: bool = True
    blocked: bool = False
    email_in_url: bool = False
    troubles: tuple[str, ...] = ()

    @property
    def minor(self) -> int:
        """What was paid, in the currency's minor unit: the sum of the lines."""
        return sum(line.minor * line.quantity for line in self.lines)

    @property
    def counts(self) -> bool:
        """Whether exactly one conversion ought to be counted for it."""
        return self.paid and self.visitor.consented


class Happening(Struct, frozen=True):
    """Anything a channel reports: a purchase without an id of its own, or a lead, checkout or view with one."""

    event: str
    visitor: Visitor
    at: float  #: seconds after the opening
    event_id: str | None = None
    order: Order | None = None
    browser: tuple[float, ...] = ()
    server: tuple[float, ...] = ()
