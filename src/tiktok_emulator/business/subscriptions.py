"""Subscriptions to the status of TikTok's APIs, and the notices that go to them (tiktok.md 12.7)."""

import secrets
import urllib.error
import urllib.request

import msgspec

from tiktok_emulator.answers import Answer, Code, refuse
from tiktok_emulator.business.oauth import known_app
from tiktok_emulator.business.parameters import from_body
from tiktok_emulator.call import Call
from tiktok_emulator.clock import MS_PER_SECOND, utc_text
from tiktok_emulator.world import Subscription, World

STATUS = "API_SERVICE_STATUS"
OBJECT = 14
_PATIENCE_SECONDS = 5.0


class Detail(msgspec.Struct, frozen=True):
    """What a subscription is narrowed to."""

    product_filters: tuple[str, ...] = ()


class Asked(msgspec.Struct, frozen=True):
    """What an app subscribes to."""

    app_id: str
    secret: str
    subscribe_entity: str
    callback_url: str
    subscription_detail: Detail = Detail()


class Incident(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An outage to announce, or word of it."""

    incident_id: str
    event: str = "CREATE"  #: or UPDATE, RESOLVE
    level: str = "MAJOR_DISRUPTION"
    products: tuple[str, ...] = ("EVENTS_API",)


def subscribe(world: World, call: Call) -> Answer:
    """Keep where notices of the status go."""
    asked = from_body(world, call, Asked)
    if isinstance(asked, Answer):
        return asked
    app = known_app(world, asked.app_id, asked.secret)
    if isinstance(app, Answer):
        return app
    if asked.subscribe_entity != STATUS:
        return refuse(Code.PARAMETER, f"The emulator announces {STATUS} alone.")
    if not asked.callback_url.startswith(("https://", "http://")):
        return refuse(Code.PARAMETER, "callback_url: Not a valid URL")
    number = secrets.token_hex(8)
    products = asked.subscription_detail.product_filters
    world.subscriptions[number] = Subscription(asked.callback_url, products)
    return Answer(data={"subscription_id": number})


def notices(world: World, incident: Incident) -> list[tuple[str, bytes]]:
    """Return what is to be posted where."""
    now_ms = world.clock.now_ms()
    at = utc_text(now_ms)
    entry = {
        "incident_id": incident.incident_id,
        "incident_title": "Elevated errors",
        "incident_products": incident.products,
        "incident_event_type": incident.event,
        "incident_level": incident.level,
        "incident_start_time": at,
        **({"incident_resolve_time": at} if incident.event == "RESOLVE" else {}),
    }
    told = {"object": OBJECT, "time": now_ms // MS_PER_SECOND, "entry": [entry]}
    body = msgspec.json.encode({"request_id": secrets.token_hex(12), **told})
    return [
        (each.callback_url, body)
        for each in world.subscriptions.values()
        if not each.products or set(each.products) & set(incident.products)
    ]


def post(url: str, body: bytes) -> int:
    """Post a notice; returns the status of the answer, 0 for none. Blocks."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 -- checked above
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 -- likewise
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
