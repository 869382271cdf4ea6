"""What is known of a pixel beside its own events: whose it is, and what TikTok itself says of it."""

from collections.abc import Mapping

from msgspec import Struct


class TikTokCount(Struct, frozen=True):
    """How often TikTok says that an event came in over the week, before it deduplicates."""

    browser: int = 0
    server: int = 0


class Beside(Struct, frozen=True):
    """What accounts and their owners tell of one pixel."""

    client: str = ""
    brand: str = ""
    market: str = ""
    activity: str = ""  #: TikTok's own word on whether it is active
    counts: Mapping[str, TikTokCount] | None = None  #: by event; None where no account tells
    counted_ms: int | None = None  #: when those were read
    imported_ms: int | None = None
    next_import_ms: int | None = None

    @property
    def whose(self) -> str:
        """Return client, brand and market as one line."""
        return " · ".join(word for word in (self.client, self.brand, self.market) if word)


NOTHING = Beside()
