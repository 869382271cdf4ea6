"""The cart: a value that lies in a cookie of the visitor's browser, so that the shop keeps nothing before an order."""

import re
from collections.abc import Mapping

from msgspec import Struct

from twinbeam.demo.shop_pages.catalogue import CATALOGUE, Product

COOKIE = "cart"
MOST_OF_ONE = 9
_PLACE = re.compile(r"([a-z]+):([1-9])")


class CartLine(Struct, frozen=True):
    """Some of one product."""

    product: Product
    quantity: int

    @property
    def cents(self) -> int:
        """What the line costs."""
        return self.product.cents * self.quantity


class Cart(Struct, frozen=True):
    """What somebody is about to buy."""

    lines: tuple[CartLine, ...] = ()

    @property
    def cents(self) -> int:
        """What all of it costs."""
        return sum(line.cents for line in self.lines)

    @property
    def count(self) -> int:
        """How many things are in it."""
        return sum(line.quantity for line in self.lines)

    def with_quantity(self, product: Product, quantity: int) -> "Cart":
        """Return the cart with so many of a product: none takes it out, more than nine are nine."""
        quantities = {line.product.id: line.quantity for line in self.lines} | {product.id: quantity}
        return _of(quantities)

    def with_one_more(self, product: Product) -> "Cart":
        """Return the cart with one more of a product."""
        return self.with_quantity(product, 1 + sum(line.quantity for line in self.lines if line.product == product))

    def written(self) -> str:
        """Write it for the cookie, such as `heron:1.moon:2`."""
        return ".".join(f"{line.product.id}:{line.quantity}" for line in self.lines)


def read_cart(cookie: str) -> Cart:
    """Read a cart from a cookie; what is no product of ours, or no quantity, is left out."""
    found = (_PLACE.fullmatch(part) for part in cookie[:500].split("."))
    return _of({place[1]: int(place[2]) for place in found if place})


def _of(quantities: Mapping[str, int]) -> Cart:
    wanted = ((CATALOGUE.get(name), min(quantity, MOST_OF_ONE)) for name, quantity in quantities.items())
    return Cart(tuple(CartLine(product, quantity) for product, quantity in wanted if product and quantity > 0))
