"""
What a rehearsal sends: one request each, every event a test about nobody.

A request that could count if TikTok overlooked the test code is one that TikTok has to refuse.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec import Struct

from twinbeam.core.clock import MS_PER_DAY, MS_PER_SECOND
from twinbeam.destinations.tiktok.synthetic_event import Event, synthetic_event
from twinbeam.destinations.tiktok.wire import MAX_EVENTS, TRACK_PATH

CUSTOM_NAME = "TwinbeamRehearsal"
NOBODYS_PIXEL = "C0000000000000000000"  #: has the form of a code, and is none
_FUTURE_HOURS = 2
_ALL, _WEB, _SETS = frozenset({"web", "offline", "crm"}), frozenset({"web"}), frozenset({"offline", "crm"})


class Scene(Struct, frozen=True):
    """Where a rehearsal plays."""

    event_source: str
    code: str
    test_code: str
    now_ms: int
    name: str = ""  #: of the plain event, where the standard one is not taken

    def event(self, probe: str, **changes: Any) -> Event:
        """Return a plain test event with some fields changed; None takes one away."""
        event = synthetic_event(self.event_source, self.now_ms, f"twinbeam-rehearsal-{self.now_ms}-{probe}")
        event |= {"event": self.name} if self.name else {}
        return {name: value for name, value in {**event, **changes}.items() if value is not None}


class Sent(Struct, frozen=True):
    """One request."""

    body: Mapping[str, Any]
    path: str = TRACK_PATH
    token: Literal["saved", "none", "wrong"] = "saved"  # noqa: S105 -- which one, not the token


class Probe(Struct, frozen=True):
    """One request of the script, by a name that stands in its event id."""

    name: str
    what: str  #: what is sent, for whoever watches
    make: Callable[[Scene], Sent]
    sources: frozenset[str] = _ALL  #: the kinds of event sources it makes sense for


def batch(scene: Scene, *events: Event, **root: Any) -> Sent:
    """Return a request with events under the test code."""
    fields = {
        "event_source": scene.event_source,
        "event_source_id": scene.code,
        "test_event_code": scene.test_code,
        "data": list(events),
    }
    return Sent(fields | root)


def _changed(name: str, what: str, sources: frozenset[str] = _ALL, **changes: Any) -> Probe:
    """Return a probe of one event with some fields of its own."""
    return Probe(name, what, lambda scene: batch(scene, scene.event(name, **changes)), sources)


def _user(name: str, what: str, **user: Any) -> Probe:
    def make(scene: Scene) -> Sent:
        plain = scene.event(name)
        return batch(scene, plain | {"user": plain["user"] | user})

    return Probe(name, what, make)


def _property(name: str, what: str, **properties: Any) -> Probe:
    def make(scene: Scene) -> Sent:
        plain = scene.event(name)
        return batch(scene, plain | {"properties": plain["properties"] | properties})

    return Probe(name, what, make)


def _timed(name: str, what: str, time: Callable[[int], object]) -> Probe:
    return Probe(name, what, lambda scene: batch(scene, scene.event(name, event_time=time(scene.now_ms))))


def _one_bad_of_two(scene: Scene) -> Sent:
    return batch(scene, scene.event("one-bad-a"), scene.event("one-bad-b", event_id=7))


def _too_many(scene: Scene) -> Sent:
    return batch(scene, *(scene.event(f"many-{number}") for number in range(MAX_EVENTS + 1)))


def _without_slash(scene: Scene) -> Sent:
    return Sent(batch(scene, scene.event("no-slash")).body, path=TRACK_PATH.rstrip("/"))


def _of_1_0(scene: Scene) -> Sent:
    """Return a body of Events API 1.0 that has to be refused: whether it obeys a test code is not known."""
    return Sent({"pixel_code": scene.code, "event_id": 7, "test_event_code": scene.test_code}, path=PATH_OF_1_0)


def _by_token(which: Literal["none", "wrong"]) -> Callable[[Scene], Sent]:
    return lambda scene: Sent(batch(scene, scene.event(f"token-{which}")).body, token=which)


def _twice(name: str, what: str, first: Mapping[str, str], second: Mapping[str, str]) -> Probe:
    """Return a probe of one event twice, each time with fields of its own; ids are those of this rehearsal."""

    def changed(scene: Scene, fields: Mapping[str, str]) -> Event:
        own = {key: f"{value}-{scene.now_ms}" if key == "event_id" else value for key, value in fields.items()}
        return scene.event(name, **own)

    return Probe(name, what, lambda scene: batch(scene, changed(scene, first), changed(scene, second)))


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / MS_PER_SECOND, UTC).isoformat()


PATH_OF_1_0 = "/open_api/v1.3/pixel/track/"  # tiktok.md 1.2

#: In the order in which they are sent; the last ones are those that may cost patience over there.
PROBES: tuple[Probe, ...] = (
    Probe("plain", "a plain event", lambda scene: batch(scene, scene.event("plain"))),
    _changed("bad-id", "an event id that is a number", event_id=7),
    Probe("one-bad", "two events, one of them with a bad id", _one_bad_of_two),
    _timed("time-text", "event_time as a text", _iso),
    _timed("time-ms", "event_time in milliseconds", lambda ms: ms),
    _timed("time-old", "an event of 40 days ago", lambda ms: (ms - 40 * MS_PER_DAY) // MS_PER_SECOND),
    _timed("time-future", "an event in 2 hours", lambda ms: ms // MS_PER_SECOND + _FUTURE_HOURS * 3_600),
    _user("unhashed", "an e-mail and a phone of nobody, not hashed", email="nobody@example.com", phone="+12025550100"),
    _user("user-type", "a click id that is a number", ttclid=12),
    _user("empty", "empty strings and lists in user", email="", phone=[], ttclid=""),
    _property("property-type", "a value that is a text", value="12.50", currency="EUR"),
    _property("content-id", "a content id that is a number", contents=[{"content_id": 12, "quantity": 1}]),
    _property("currency", "a currency that nobody has", value=12.5, currency="XXX"),
    _changed("no-page", "no page", _WEB, page=None),
    _changed("no-user", "no user", _WEB, user=None),
    _changed("custom", "a custom event name", event=CUSTOM_NAME),
    _changed("custom-bad", "a custom name against the rule", _WEB, event="9 lives!"),
    _changed("standard", "a standard event name", _SETS, event="Purchase"),
    _changed("limited", "limited_data_use", _SETS, limited_data_use=True),
    Probe("long-id", "an event id of 300 characters", lambda scene: batch(scene, scene.event("x" * 280))),
    Probe("partner", "an unknown partner name", lambda s: batch(s, s.event("partner"), partner_name=CUSTOM_NAME)),
    Probe("unknown-field", "a field that nobody knows", lambda s: batch(s, s.event("unknown-field"), twinbeam=True)),
    _twice("case", "two event ids that differ in case", {"event_id": "Twinbeam-Case"}, {"event_id": "twinbeam-case"}),
    _twice("names", "one id under an old and a new name", {"event": "CompletePayment"}, {"event": "Purchase"}),
    _twice("repeat", "one event twice in one request", {}, {}),
    _user("phone-number", "user.phone_number instead of phone", phone_number="a" * 64),
    Probe("no-events", "no event at all", batch),
    Probe("bad-source", "an id that no event source can have", lambda s: batch(s, s.event("x"), event_source_id="-")),
    Probe(
        "order",
        "a bad event for a pixel that nobody has",
        lambda scene: batch(scene, scene.event("order", event_id=7), event_source_id=_nobodys(scene)),
    ),
    Probe("no-slash", "the path without its slash", _without_slash),
    Probe("events-1-0", "a bad event to Events API 1.0", _of_1_0, _WEB),
    Probe("no-token", "no token", _by_token("none")),
    Probe("wrong-token", "a made-up token", _by_token("wrong")),
    Probe("too-many", "1,001 events", _too_many),
)


def _nobodys(scene: Scene) -> str:
    return NOBODYS_PIXEL if scene.event_source == "web" else "1"
