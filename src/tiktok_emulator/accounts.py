"""
Who exists on TikTok's side: advertisers, pixels, event sets, apps, tokens and test codes.

Sources: tiktok.md 1.4 (token kinds and their scope), 12.2 (pixel fields), 12.6 (event sets).
"""

import secrets
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

DEFAULT_ADVERTISER = "7000000000000000001"
DEFAULT_PIXEL = "C0TWINBEAMDEMO000001"
DEFAULT_TOKEN = "emulator-token"  # noqa: S105 -- opens nothing but this emulator
DEFAULT_TEST_CODE = "TEST10001"
DEFAULT_OFFLINE_SET = "7000000000000000101"
DEFAULT_CRM_SET = "7000000000000000102"
DEFAULT_APP = "7000000000000000201"
DEFAULT_SECRET = "emulator-secret"  # noqa: S105 -- opens nothing but this emulator


#: A time in milliseconds that a date can express.
Moment = Annotated[int, Meta(ge=0, le=7_000_000_000_000)]


class Advertiser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An ad account."""

    id: str
    name: str = ""


class Pixel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pixel and the settings of tiktok.md 12.2 that change what it does."""

    code: str
    pixel_id: str = ""
    name: str = ""
    advertiser_id: str = DEFAULT_ADVERTISER
    created_ms: Moment = 0
    enable_first_party_cookies: bool = True
    enable_expanded_data_sharing: bool = True
    cookie_consent_mode: bool = True
    advanced_matching: tuple[str, ...] = ("email", "phone_number")
    automatic_advanced_matching: tuple[str, ...] = ()
    event_rules: tuple["EventRule", ...] = ()
    linked: tuple[str, ...] = ()  #: Advertisers the pixel is shared with.
    relation: Literal["", "TRANSFERRED", "UNBOUND"] = ""  #: How its owner came to it, or that it left its owner.
    owner_bc_id: str = ""  #: The Business Center that owns it.
    setup_mode: Literal["STANDARD", "DEVELOPER"] = "DEVELOPER"
    partner: str = ""


class EventRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule set up in Events Manager: a page view that meets it also is this event (tiktok.md 12.2, 2.9)."""

    event: str
    variable: Literal["PAGE_URL", "PAGE_PATH"] = "PAGE_URL"
    operator: Literal["EQUALS", "CONTAINS", "STARTS_WITH"] = "CONTAINS"
    value: str


class EventSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An offline or CRM event set, or an app on the allow-list."""

    id: str
    kind: Literal["offline", "crm", "app"]
    name: str = ""
    description: str = ""
    advertiser_id: str = DEFAULT_ADVERTISER
    created_ms: Moment = 0


class App(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A developer app that advertisers can authorise."""

    id: str
    secret: str
    name: str = ""
    advertiser_ids: tuple[str, ...] = (DEFAULT_ADVERTISER,)
    scope: tuple[int, ...] = (4,)
    forbidden: bool = False  #: TikTok has barred it: all it asks for is answered 40113.


class Token(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An access token: either generated in Events Manager or given to an app."""

    token: str
    advertiser_ids: tuple[str, ...] = (DEFAULT_ADVERTISER,)
    app_id: str = ""
    revoked: bool = False

    @property
    def counted_as(self) -> str:
        """Name what rate limits count: the app, or the token where no app is known (tiktok.md 15.3)."""
        return self.app_id or self.token


class AuthCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code an app may exchange for a token, once."""

    code: str
    app_id: str
    made_ms: Moment
    advertiser_ids: tuple[str, ...] = ()  #: Those the advertiser chose.


class TestCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code shown on the Test events tab of one pixel or set."""

    code: str
    source_id: str


class Seed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A set of accounts to add; what has the same key replaces what was there."""

    advertisers: list[Advertiser] = []
    pixels: list[Pixel] = []
    event_sets: list[EventSet] = []
    apps: list[App] = []
    tokens: list[Token] = []
    test_codes: list[TestCode] = []
    auth_codes: list[AuthCode] = []
    revoke: list[str] = []
    remove_pixels: list[str] = []
    crowd: "Crowd | None" = None


class Crowd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Many ad accounts at once, all of one app: an agency."""

    app_id: str = DEFAULT_APP
    advertisers: Annotated[int, Meta(ge=1, le=2_000)]
    pixels_each: Annotated[int, Meta(ge=0, le=200)] = 1
    prefix: Annotated[str, Meta(pattern="^[A-Z]{1,4}$")] = "C"  #: With which the codes of their pixels begin.


class Accounts:
    """The registry of everything above."""

    def __init__(self) -> None:
        self.advertisers: dict[str, Advertiser] = {}
        self.pixels: dict[str, Pixel] = {}
        self.event_sets: dict[str, EventSet] = {}
        self.apps: dict[str, App] = {}
        self.tokens: dict[str, Token] = {}
        self.test_codes: dict[str, TestCode] = {}
        self.auth_codes: dict[str, AuthCode] = {}

    def add(self, seed: Seed, now_ms: int) -> None:
        """Add or replace accounts; tokens named in `revoke` stop working."""
        self.advertisers |= {each.id: each for each in seed.advertisers}
        for pixel in seed.pixels:
            self._add_pixel(pixel, now_ms)
        for event_set in seed.event_sets:
            self._add_event_set(event_set, now_ms)
        self.apps |= {each.id: each for each in seed.apps}
        self.tokens |= {each.token: each for each in seed.tokens}
        self.test_codes |= {each.code: each for each in seed.test_codes}
        self.auth_codes |= {each.code: each for each in seed.auth_codes}
        for token in seed.revoke:
            self.revoke(token)
        for code in seed.remove_pixels:
            self.pixels.pop(code, None)
        if seed.crowd is not None:
            self._add_crowd(seed.crowd, now_ms)

    def _add_crowd(self, crowd: Crowd, now_ms: int) -> None:
        """Add ad accounts with pixels, and let the app and its tokens cover them."""
        ids = tuple(str(7_200_000_000_000_000_001 + number) for number in range(crowd.advertisers))
        for number, advertiser_id in enumerate(ids):
            self.advertisers[advertiser_id] = Advertiser(id=advertiser_id, name=f"Client {number + 1}")
            for place in range(crowd.pixels_each):
                code = f"{crowd.prefix}{number:0{13 - len(crowd.prefix)}}P{place:06}"
                pixel_id = str(7_300_000_000_000_000_001 + number * 1_000 + place)
                name = f"Client {number + 1} pixel {place + 1}"
                pixel = Pixel(code=code, pixel_id=pixel_id, name=name, advertiser_id=advertiser_id)
                self._add_pixel(pixel, now_ms)
        self._cover(crowd.app_id, ids)

    def _cover(self, app_id: str, ids: tuple[str, ...]) -> None:
        if app := self.apps.get(app_id):
            self.apps[app_id] = msgspec.structs.replace(app, advertiser_ids=_joined(app.advertiser_ids, ids))
        for token in [each for each in self.tokens.values() if each.app_id == app_id]:
            covered = _joined(token.advertiser_ids, ids)
            self.tokens[token.token] = msgspec.structs.replace(token, advertiser_ids=covered)

    def _add_pixel(self, pixel: Pixel, now_ms: int) -> None:
        self.advertisers.setdefault(pixel.advertiser_id, Advertiser(id=pixel.advertiser_id))
        known = self.pixels.get(pixel.code)
        self.pixels[pixel.code] = msgspec.structs.replace(
            pixel,
            pixel_id=pixel.pixel_id or (known.pixel_id if known else self.next_id()),
            name=pixel.name or pixel.code,
            created_ms=pixel.created_ms or now_ms,
        )

    def _add_event_set(self, event_set: EventSet, now_ms: int) -> None:
        self.advertisers.setdefault(event_set.advertiser_id, Advertiser(id=event_set.advertiser_id))
        self.event_sets[event_set.id] = msgspec.structs.replace(
            event_set, name=event_set.name or event_set.id, created_ms=event_set.created_ms or now_ms
        )

    def next_id(self) -> str:
        """Draw a numeric id of 19 digits that nothing has yet."""
        taken = {each.pixel_id for each in self.pixels.values()} | self.event_sets.keys()
        number = 7_100_000_000_000_000_001 + len(taken)
        while str(number) in taken:
            number += 1
        return str(number)

    def owner_of(self, source_id: str) -> str | None:
        """Name the advertiser that owns a pixel or set."""
        owned = self.pixels.get(source_id) or self.event_sets.get(source_id)
        return owned.advertiser_id if owned else None

    def generate(self, advertiser_id: str, *, revoke_older: bool) -> str:
        """Make a token for an advertiser's event sources, perhaps at the price of the ones made before."""
        for known in list(self.tokens.values()):
            if revoke_older and not known.app_id and advertiser_id in known.advertiser_ids:
                self.revoke(known.token)
        made = Token(token=secrets.token_hex(20), advertiser_ids=(advertiser_id,))
        self.tokens[made.token] = made
        return made.token

    def revoke(self, token: str) -> bool:
        """Make a token useless; False if there is no such token."""
        known = self.tokens.get(token)
        if known is not None:
            self.tokens[token] = msgspec.structs.replace(known, revoked=True)
        return known is not None

    def seed(self) -> Seed:
        """Return everything there is, in the form in which it can be added again."""
        return Seed(
            advertisers=list(self.advertisers.values()),
            pixels=list(self.pixels.values()),
            event_sets=list(self.event_sets.values()),
            apps=list(self.apps.values()),
            tokens=list(self.tokens.values()),
            test_codes=list(self.test_codes.values()),
            auth_codes=list(self.auth_codes.values()),
        )


def _joined(first: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *more)))


def demo_seed() -> Seed:
    """Build the accounts an emulator starts with."""
    return Seed(
        advertisers=[Advertiser(id=DEFAULT_ADVERTISER, name="Demo advertiser")],
        pixels=[Pixel(code=DEFAULT_PIXEL, pixel_id="7000000000000000011", name="Demo pixel")],
        event_sets=[
            EventSet(id=DEFAULT_OFFLINE_SET, kind="offline", name="Demo tills"),
            EventSet(id=DEFAULT_CRM_SET, kind="crm", name="Demo CRM"),
        ],
        apps=[App(id=DEFAULT_APP, secret=DEFAULT_SECRET)],
        tokens=[Token(token=DEFAULT_TOKEN)],
        test_codes=[TestCode(code=DEFAULT_TEST_CODE, source_id=DEFAULT_PIXEL)],
    )
