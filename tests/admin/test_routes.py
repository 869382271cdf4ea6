"""Routes as people write them: a pixel, and which events it takes."""

import pytest

from twinbeam.admin.errors import Invalid
from twinbeam.admin.routes import route_of, written
from twinbeam.core.rules import Route


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("P", Route("P")),
        ("P host=shop.de,WWW.shop.de", Route("P", hosts=("shop.de", "www.shop.de"))),
        ("P country=de,UK", Route("P", countries=("DE", "GB"))),
        ("P currency=eur", Route("P", currencies=("EUR",))),
        ("P event=CompletePayment,add_to_cart", Route("P", events=("Purchase", "AddToCart"))),
        ("P  host=a.b   country=DE", Route("P", hosts=("a.b",), countries=("DE",))),
    ],
)
def test_a_route_is_read_and_written(text, route):
    assert route_of(text) == route
    assert route_of(written(route)) == route


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "P hst=a.b",
        "P host",
        "P host=",
        "P host=,",
        "P host=https://a.b",
        "P country=Germany",
        "P currency=€",
        "P event=a?",
        "P host=a.b host=c.d",
    ],
)
def test_a_route_that_cannot_be_is_refused(text):
    with pytest.raises(Invalid):
        route_of(text)
