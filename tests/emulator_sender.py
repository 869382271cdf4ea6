"""A plain sender for the emulator's tests: bodies that are right by default, and a client that hides nothing."""

import http.client
import json
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode, urlsplit

API = "/open_api/v1.3"
PIXEL = "C0TWINBEAMDEMO000001"
TOKEN = "emulator-token"
EMAIL = "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f"
PHONE = "9f7ec22d72092cd3c0b58726ed9c2d91b92e51a3f29837508fb2948bb22dd2fd"
USER_123 = "80fba0ae1c48e3978e43e4efc365e14e12ea0c830ba8ba5b9a2dafc7e3f2ab8b"
NOW = 1_795_000_000


class Got(NamedTuple):
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body, read."""
        return json.loads(self.body)

    @property
    def code(self) -> int:
        """The return code of the envelope."""
        return self.json["code"]


class Sender:
    """One connection to the emulator, opened again when it breaks."""

    def __init__(self, url: str, timeout: float = 10) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Got:
        """Send a request; anything but bytes goes as JSON."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        try:
            self._connection.request(method, path, data, headers or {})
            response = self._connection.getresponse()
            return Got(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise

    def post(self, path: str, body: object, token: str = TOKEN) -> Got:
        """Post to the Business API with a token."""
        headers = {"Access-Token": token, "Content-Type": "application/json"}
        return self.ask("POST", API + path, body, headers if token else {})

    def get(self, path: str, token: str = TOKEN, **query: object) -> Got:
        """Get from the Business API with a token; lists and objects travel as JSON."""
        written = {k: v if isinstance(v, str | int) else json.dumps(v) for k, v in query.items()}
        return self.ask("GET", f"{API}{path}?{urlencode(written)}", None, {"Access-Token": token} if token else {})

    def control(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Call the control API, which must answer 200."""
        got = self.ask(method, f"/_control{path}", body)
        assert got.status == 200, got.body
        return got.json

    def track(self, *events: dict[str, Any], **root: Any) -> Got:
        """Send events by the Events API 2.0."""
        return self.post("/event/track/", request(*events, **root))

    def beacon(self, **fields: Any) -> Got:
        """Send a beacon as the browser's script does."""
        return self.ask("POST", "/api/v2/pixel", beacon(**fields), {"Content-Type": "text/plain;charset=UTF-8"})


def without_missing(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is `...`, the way a builder is told to omit a field."""
    return {key: value for key, value in fields.items() if value is not ...}


def request(*events: dict[str, Any], **root: Any) -> dict[str, Any]:
    """Build a 2.0 request."""
    base = {"event_source": "web", "event_source_id": PIXEL, "data": list(events or (event(),))}
    return without_missing(base | root)


def event(**fields: Any) -> dict[str, Any]:
    """Build a complete Purchase; `...` leaves a field out."""
    base = {
        "event": "Purchase",
        "event_time": NOW,
        "event_id": "order-1",
        "user": user(),
        "page": {"url": "https://shop.example/thanks", "referrer": "https://shop.example/checkout"},
        "properties": properties(),
    }
    return without_missing(base | fields)


def user(**fields: Any) -> dict[str, Any]:
    """Build a user with the usual match keys."""
    base = {"email": EMAIL, "phone": PHONE, "ip": "198.51.100.7", "user_agent": "Mozilla/5.0"}
    return without_missing(base | fields)


def properties(**fields: Any) -> dict[str, Any]:
    """Build the properties of an order."""
    contents = [{"content_id": "SKU1", "content_name": "Hat", "price": 10.0, "quantity": 2}]
    base = {"currency": "USD", "value": 20.0, "content_type": "product", "order_id": "1", "contents": contents}
    return without_missing(base | fields)


def beacon(**fields: Any) -> dict[str, Any]:
    """Build a beacon of the documented shape (tiktok.md 9.4)."""
    context = {
        "ad": {"sdk_env": "external", "jsb_status": 2},
        "device": {"platform": "pc"},
        "user": fields.pop("user", {}),
        "pixel": {"code": fields.pop("pixel", PIXEL), "runtime": "1"},
        "page": {"url": fields.pop("url", "https://shop.example/thanks"), "referrer": "", "load_progress": "2"},
        "library": {"name": "pixel.js", "version": "2.1.33"},
        "session_id": "session-1",
        "pageview_id": "pageview-1",
        "userAgent": "Mozilla/5.0",
        "index": 0,
    }
    if "ttp" in fields:
        context["user"] = {**context["user"], "ttp": fields.pop("ttp")}
    base = {
        "event": "Purchase",
        "event_id": "order-1",
        "message_id": "messageId-1795000000000-1234567890123",
        "is_onsite": False,
        "timestamp": "2026-11-18T11:06:40.000Z",
        "context": context,
        "properties": {"currency": "USD", "value": 20.0, "content_ids": ["SKU1"], "order_id": "1"},
    }
    return without_missing(base | fields)
