"""What the shop sells. Prices are in cents of one currency."""

from msgspec import Struct

CURRENCY = "EUR"


class Product(Struct, frozen=True):
    """One product; its picture has the name of its id, in `templates/pictures.html`."""

    id: str  #: the content id of the catalogue, the same in every event
    name: str
    cents: int
    line: str  #: one line for the list
    words: str  #: a few sentences for its own page


CATALOGUE: dict[str, Product] = {
    product.id: product
    for product in (
        Product(
            "heron",
            "Heron desk lamp",
            8_900,
            "Bends to your book",
            "Two joints, one switch, and a shade that keeps the light on the page and out of your eyes.",
        ),
        Product(
            "moon",
            "Moon pendant",
            12_900,
            "Soft light over a table",
            "A globe of white glass on three metres of cloth-covered cable. Its light is even and has no hard shadow.",
        ),
        Product(
            "fern",
            "Fern floor lamp",
            17_900,
            "A tall friend for the corner",
            "Oak foot, linen shade, and a dimmer at your toe. It stands 150 cm tall.",
        ),
        Product(
            "pebble",
            "Pebble night light",
            2_450,
            "Glows until you sleep",
            "Tap it once and it fades out within half an hour. It runs for a week on one charge.",
        ),
        Product(
            "harbour",
            "Harbour lantern",
            5_900,
            "For the balcony",
            "Enamelled steel that does not mind the rain, and a warm light that moths like less.",
        ),
        Product(
            "garland",
            "Garland of seven",
            3_490,
            "Seven bulbs, one wire",
            "Five metres of small bulbs for a window, a shelf or a party. More than one can be joined.",
        ),
    )
}


def euros(cents: int) -> float:
    """Return an amount as events carry it."""
    return cents / 100


def price(cents: int) -> str:
    """Write an amount for people, such as €89.00."""
    return f"€{cents // 100:,}.{cents % 100:02}"
