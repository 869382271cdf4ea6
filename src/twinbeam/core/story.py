"""The values that tell people what became of an event: read from a store, shown by API, dashboard and CLI."""

from typing import Literal

from msgspec import Struct

from twinbeam.core.rules import DEFAULT_RULES, DEFAULT_SOURCE, FIRST_SHOP, PixelRules, Route, SourceRules


class CopySeen(Struct, frozen=True):
    """One reported copy of a conversion."""

    channel: str
    source: str
    received_ms: int
    consent: str
    differs: str = ""  #: what it says otherwise than its conversion, in words


class Attempt(Struct, frozen=True):
    """One request that carried a conversion, and what came back."""

    batch: int
    state: str  #: leased while open, then delivered, try later, refused or split
    at_ms: int
    answered_ms: int | None
    status: int | None
    code: int | None
    message: str
    request_id: str


class LastAnswer(Struct, frozen=True):
    """The newest answer of TikTok's to a pixel or event set, whatever it carried."""

    workspace: str
    pixel: str
    at_ms: int
    code: int
    message: str


class Story(Struct, frozen=True):
    """Everything the store can tell of one conversion without opening its payload."""

    id: int
    workspace: str
    pixel: str
    event_source: str
    event: str
    event_id: str
    event_time: int
    order_id: str
    received_ms: int
    state: str
    reason: str
    value_minor: int | None
    currency: str
    channels: list[str]
    consent: str
    source: str
    due_ms: int | None  #: when it will be sent, for unsent ones
    settled_ms: int | None
    attempts: int
    shop: str = FIRST_SHOP  #: whose key reported it
    copies: list[CopySeen] = []
    log: list[Attempt] = []


class SideSeen(Struct, frozen=True):
    """When one side of a pixel last reported an event."""

    workspace: str
    pixel: str
    event: str  #: its canonical name; empty for all custom events together
    side: str  #: browser or server
    at_ms: int
    alone: int  #: conversions that the other side has opened since then


class Narrowed(Struct, frozen=True):
    """What a list of conversions is narrowed to, beside their states and their pixel."""

    event: str = ""  #: its canonical name
    seen: str = ""  #: browser, server or both: as `Covered` counts them, without tests, tombstones and what is united
    since_day: int | None = None  #: UTC day on which the first copy was accepted
    until_day: int | None = None  #: the last one
    reason: str = ""  #: why it waits, ended or was dropped; one of several with commas between
    found: str = ""  #: a finding that its copies gave
    several: bool = False  #: more than one copy of it came
    carries: str = ""  #: a match key that goes with it

    @property
    def is_wide(self) -> bool:
        """Return whether it leaves nothing out."""
        return self == WIDE


WIDE = Narrowed()


class Listed(Struct, frozen=True):
    """One page of a list: newest first, without copies and attempts."""

    stories: list[Story]
    next_id: int | None  #: what is older has a smaller id than this; None where nothing is


class Count(Struct, frozen=True):
    """One counter: how many arrivals or conversions of a kind."""

    day: int
    workspace: str
    pixel: str
    event: str
    outcome: str
    reason: str
    n: int


class Total(Struct, frozen=True):
    """The sum of a counter over some days."""

    workspace: str
    pixel: str
    event: str  #: empty where it is the sum over the events too
    outcome: str
    reason: str
    n: int


class Covered(Struct, frozen=True):
    """By which sides the conversions of one event and day were seen, and what those carried that TikTok accepted."""

    day: int
    workspace: str
    pixel: str
    event: str
    browser: int = 0  #: seen by the browser alone
    server: int = 0
    both: int = 0
    delivered: int = 0
    ttclid: int = 0  #: of the delivered; so with the ones below
    email: int = 0
    phone: int = 0
    external_id: int = 0
    ttp: int = 0
    ip: int = 0  #: the visitor's address, and with it the browser's name


class Stopped(Struct, frozen=True):
    """Since when a pixel is stopped, by whom and why."""

    since_ms: int
    who: str  #: the account on this machine
    why: str  #: in the words of whoever stopped it; may be empty


class Flow(Struct, frozen=True):
    """Since when a pixel is paused or drained, and by whom: events arrive as ever, and its browser tag works."""

    mode: Literal["paused", "draining"]  #: draining: what waited at that time is still sent
    since_ms: int
    who: str

    def holds(self, since_ms: int) -> bool:
        """Return whether it keeps what began to wait at a moment from being sent."""
        return self.mode == "paused" or since_ms > self.since_ms


class PixelRow(Struct, frozen=True):
    """One configured pixel or event set; its token is never shown."""

    workspace: str
    code: str
    event_source: str
    name: str
    has_token: bool
    token_ms: int | None
    created_ms: int
    rules: PixelRules = DEFAULT_RULES
    confirming_until_ms: int = 0  #: until when a server's word on purchases is awaited, because one has reported such
    stopped: Stopped | None = None  #: while nothing is sent to it
    account: str = ""  #: the connected account whose token it would use; empty for none
    flow: Flow | None = None  #: while what is new, or all, waits

    @property
    def token_from(self) -> str:
        """Whose token it uses: its own, else its account's, or "" where there is none."""
        return "own" if self.has_token else "account" if self.account else ""

    @property
    def consent(self) -> str:
        """The name of its consent policy."""
        return self.rules.consent.policy


class KeyRow(Struct, frozen=True):
    """One write or read key; its text is never stored."""

    id: str
    hash: str
    kind: str
    workspace: str
    source: str
    routes: list[Route]
    created_ms: int
    revoked_ms: int | None
    shop: str = ""  #: whose ids its events bear; empty for the workspace's first, and for a read key

    @property
    def pixels(self) -> list[str]:
        """The pixels it leads to, each once."""
        return list(dict.fromkeys(route.pixel for route in self.routes))


class SourceRow(Struct, frozen=True):
    """One source that signs what it sends; its secrets are shown to nobody again."""

    name: str
    workspace: str
    shop: str  #: whose ids its events bear; empty for the workspace's first
    routes: list[Route]
    secrets: tuple[str, ...]  #: sealed by the key ring, in base64: the newest, and the one before while it still counts
    created_ms: int
    rotated_ms: int | None = None  #: when the newest secret was made, where it is not the first
    dialect: str = "webhook"  #: what it speaks: webhook, shopify, woocommerce or stripe
    rules: SourceRules = DEFAULT_SOURCE


class Change(Struct, frozen=True):
    """One change of what an operator set up; such lines are only ever added."""

    at_ms: int
    who: str  #: who asked for it, as admin.contract.Actor names them; "twinbeam" for what it noticed by itself
    what: str  #: such as "pixel main/C4A5B6C7D8E9F0G1H2I3 purchase_means"
    before: str
    after: str
