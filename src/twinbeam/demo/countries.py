"""Where the demo's visitors live: how a mobile number is written there, a city, and the currency they pay in."""

from msgspec import Struct


class Country(Struct, frozen=True):
    """One country, as far as a checkout form needs it."""

    code: str  #: ISO 3166
    dial: str  #: country calling code
    trunk: str  #: what people put before a national number; empty where they put nothing
    exit: str  #: what people dial instead of '+'; empty where it is not one fixed string
    mobile: str  #: how national mobile numbers begin; chosen so that every continuation is a valid number
    digits: int  #: length of a national number without its trunk prefix
    city: str
    currency: str  #: ISO 4217, each in TikTok's list (tiktok.md 2.6)
    decimals: int  #: digits of the currency's minor unit


#: Chosen for their trouble: umlauts, tildes, three scripts, numbers without a trunk prefix, and 0, 2 and 3 decimals.
COUNTRIES: tuple[Country, ...] = (
    Country("DE", "49", "0", "00", "151", 11, "München", "EUR", 2),
    Country("AT", "43", "0", "00", "664", 10, "Sankt Pölten", "EUR", 2),
    Country("FR", "33", "0", "00", "612", 9, "Besançon", "EUR", 2),
    Country("GB", "44", "0", "00", "7400", 10, "Stoke-on-Trent", "GBP", 2),
    Country("CH", "41", "0", "00", "79", 9, "Zürich", "CHF", 2),
    Country("SE", "46", "0", "00", "70", 9, "Malmö", "SEK", 2),
    Country("US", "1", "", "011", "2123", 10, "New York", "USD", 2),
    Country("BR", "55", "", "", "1198", 11, "São Paulo", "BRL", 2),
    Country("JP", "81", "0", "010", "9012", 10, "東京", "JPY", 0),
    Country("KW", "965", "", "00", "66", 8, "Kuwait City", "KWD", 3),
)
