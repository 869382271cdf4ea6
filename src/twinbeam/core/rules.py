"""
What the owner of a pixel decided about it: one value, kept as JSON, read by every room that has to obey.

Every rule has a default that is safe without any decision. docs/reference/pixel-rules.md lists them; a test keeps
the two in step.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Part = Literal["tax", "shipping", "gift_cards", "tips"]
"""A part of an order's total that its owner may leave out of the value."""

Law = Literal["opt_in", "opt_out", "not_required"]
"""What a place asks for before data about a visitor may be sent."""

Stage = Literal["placed", "paid", "shipped", "delivered"]
"""How far an order is; a purchase may mean any of them."""

STAGES: tuple[Stage, ...] = ("placed", "paid", "shipped", "delivered")

IdFrom = Literal["auto", "order", "token"]
"""What gives an order's event its id where the sender gives none; auto: the order token where the copy has one."""

Way = Literal["both", "browser", "server"]
"""
Who reports an event to TikTok: its own script and this gateway, the script alone while it is alive, or this gateway.
"""

TagSource = Literal["layer", "marks", "links", "pages"]
"""
What the browser tag reports without code: the page's dataLayer, marked elements, links, and page views where TikTok's
script reports none.
"""

#: What nobody needs twice: the script sends them by itself, and no server knows of them.
BROWSER_ONLY = frozenset({"Pageview", "Search"})


#: What is somebody's order, and so is worth something.
ORDER_EVENTS = frozenset({"Purchase", "PlaceAnOrder"})


Place = Annotated[str, Meta(pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
"""ISO 3166: a country such as DE, or a state such as US-CA; in another spelling it would be a rule without effect."""


Count = Annotated[int, Meta(ge=0, le=86_400_000)]
"""A number of requests."""


class ConsentRules(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Whose permission a pixel's events need, and what a partial one does."""

    policy: Literal["by_region", "require", "not_required"] = "by_region"  #: a refusal counts under each of them
    regions: dict[Place, Law] = {}  #: this pixel's own law for places, before the built-in table
    user_data_denied: Literal["drop", "strip"] = "drop"  #: strip: send without identifiers
    personalization_denied: Literal["limit", "drop"] = "limit"  #: limit: limited data use where it acts, else stripped
    opted_out: Literal["limit", "drop"] = "limit"  #: what GPC and GPP opt-outs do where the law is opt-out


class PixelRules(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Everything an owner may decide about one pixel or event set."""

    consent: ConsentRules = ConsentRules()
    way: Way = "both"  #: who reports the events of this pixel to TikTok
    ways: dict[str, Way] = {}  #: who reports an event to TikTok, where it is another one than `way` says
    means: dict[str, str] = {}  #: what a sender's name for an event means here, before the built-in table
    page_view_as: Literal["Pageview", "ViewContent"] = "Pageview"  #: what GA4's page_view is here, in pages and events
    tag_without: tuple[TagSource, ...] = ()  #: what the browser tag does not report by itself
    spelling: Literal["follow", "new", "old"] = "follow"  #: follow: as the browser writes it
    event_id_from: IdFrom = "auto"  #: an id from the order token cannot be guessed from the order
    purchase_means: Stage = "placed"  #: the stage from which an order counts, for browser and server
    purchase_expires_days: Annotated[int, Meta(ge=1, le=28)] = 28  #: how long an order that a server told of waits
    place_an_order: bool = False  #: send PlaceAnOrder when a shop system tells of an order; TikTok ends it with 2026
    confirm_purchases: Literal["auto", "on", "off"] = "auto"  #: a browser's waits for a server's; auto: if one reports
    native_wait_seconds: Annotated[int, Meta(ge=0, le=270)] = 240  #: inside TikTok's 5 minutes (tiktok.md 7.1)
    requests_per_second: Count = 0  #: to TikTok; 0: as the setting TWINBEAM_PIXEL_REQUESTS_PER_SECOND says
    requests_per_minute: Count = 0  #: to TikTok; 0: any number
    requests_per_day: Count = 0  #: to TikTok, by UTC; 0: any number
    parameters: tuple[str, ...] = ()  #: the properties that may be sent; empty: all
    restricted: bool = False  #: no names, no search strings, no URL path and query
    product_id: Literal["as_sent", "sku", "variant", "group"] = "as_sent"  #: which id of a product is sent
    value_without: tuple[Part, ...] = ()  #: parts of the total that the value leaves out
    value: Literal["revenue", "margin"] = "revenue"  #: of orders; for margin the server alone reports purchases
    cost_unknown: Literal["without_value", "revenue"] = "without_value"  #: how an order is sent without all its costs
    environment: Literal["production", "staging"] = "production"  #: staging: tests are sent, and nothing else
    hosts: tuple[str, ...] = ()  #: hosts whose pages may report; empty: those of the workspace
    staging_hosts: tuple[str, ...] = ()  #: hosts whose events are tests
    bots: Literal["drop", "keep"] = "drop"  #: what known crawlers report with a browser key
    test_emails: tuple[str, ...] = ()  #: SHA-256 of addresses whose orders are tests
    test_code: str = ""  #: where tests go; without it they are dropped
    test_until_ms: int = 0  #: the test code is off from then on

    def way_of(self, event: str) -> Way:
        """Return who reports an event."""
        usual: Way = "browser" if self.way == "both" and event in BROWSER_ONLY else self.way
        return self.ways.get(event, usual)

    @property
    def confirming(self) -> Literal["auto", "on", "off"]:
        """Whether a browser's purchase waits for a server's: where margins are sent, only that one has a value."""
        return "on" if self.value == "margin" and self.confirm_purchases == "auto" else self.confirm_purchases

    def expects(self, side: Literal["browser", "server"]) -> bool:
        """Return whether a side has to report events, for some of them at least."""
        return "both" in (mine := {self.way, *self.ways.values()}) or side in mine

    def test_code_at(self, now_ms: int) -> str:
        """Return the test code while it is on."""
        return self.test_code if now_ms < self.test_until_ms else ""


DEFAULT_RULES = PixelRules()


OrderRule = Literal["ignore", "purchase"]
"""Whether orders of a kind are purchases."""


class SourceRules(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Everything an owner may decide about one source of orders."""

    money: Literal["shop", "presentment"] = "shop"  #: whose currency counts: the shop's, or the one the buyer saw
    order_id: Literal["id", "name"] = "id"  #: the number of an order: the system's own, or the one that buyers see
    draft: OrderRule = "ignore"  #: what is no order yet, or was made by hand
    point_of_sale: OrderRule = "ignore"  #: sold at a till
    marketplace: OrderRule = "ignore"  #: also what TikTok Shop sold
    agent: OrderRule = "ignore"  #: placed by somebody's software
    renewal: OrderRule = "ignore"  #: of a subscription, after its first payment; payments do not tell
    mapping: dict[str, str] = {}  #: of a webhook's own orders: field -> path in the body (twinbeam sources map)
    stripe_sales: Literal["checkout", "payment_intent"] = "checkout"  #: which of Stripe's events tell of a sale


DEFAULT_SOURCE = SourceRules()


class WorkspaceRules(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Everything an owner may decide about one workspace: an agency's client."""

    hosts: tuple[str, ...] = ()  #: hosts whose pages may report; empty: any
    keep_days: Annotated[int, Meta(ge=1, le=400)] = 30  #: how long payloads, click keys and look-ups are kept
    keep_orders_days: Annotated[int, Meta(ge=30, le=3650)] = 400  #: how long an order stays after it last changed
    rates: dict[str, dict[str, dict[str, float]]] = {}  #: from currency -> day (2026-11-21) -> to currency -> rate


DEFAULT_WORKSPACE = WorkspaceRules()

MAIN = "main"
"""The one workspace a single shop never has to name."""


FIRST_SHOP = "main"
"""The shop that every workspace has by itself; its ids are as the shop gives them, without its name before them."""


class Route(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where the events of a key go, and which of them: an empty condition takes any."""

    pixel: str  #: the code of a pixel or event set of the key's workspace
    hosts: tuple[str, ...] = ()  #: hosts of the page, letter by letter
    countries: tuple[str, ...] = ()  #: ISO 3166, such as DE: what the event says, else where the visitor is seen
    currencies: tuple[str, ...] = ()  #: ISO 4217, such as EUR
    events: tuple[str, ...] = ()  #: canonical names

    @property
    def takes_all(self) -> bool:
        """Return whether it has no condition."""
        return not (self.hosts or self.countries or self.currencies or self.events)
