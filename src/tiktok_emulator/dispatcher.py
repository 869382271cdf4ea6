"""Finds the endpoint of a call, lets it answer, writes the envelope and keeps the request log."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec

from tiktok_emulator.answers import Answer, Code, encode, portal_status, refuse
from tiktok_emulator.call import Call
from tiktok_emulator.clock import MS_PER_SECOND
from tiktok_emulator.faults import Where
from tiktok_emulator.requests import Logged
from tiktok_emulator.rules import Finding, Rule
from tiktok_emulator.world import World

Endpoint = Callable[[World, Call], Answer]
Routes = Mapping[tuple[str, str], Endpoint]

#: Endpoints whose codes come with the HTTP statuses of the portal's page; all others answer 200 (tiktok.md 4.2).
PORTAL_PATHS = ("/event/track/", "/pixel/track/", "/pixel/batch/")


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer ready for the wire."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Dispatcher:
    """Dispatches calls to the endpoints over one world."""

    def __init__(self, world: World, routes: Routes) -> None:
        self.world = world
        self._routes = routes
        self._host = os.urandom(5).hex().upper()

    def answer(self, call: Call, *, trouble: str = "") -> Reply:
        """Let the endpoint of a call answer, and log both."""
        call = self.received(call)
        return self.finish(call, self.handle(call), trouble=trouble)

    def handle(self, call: Call) -> Answer:
        """Let the endpoint of a numbered call answer."""
        return self._endpoint(call)(self.world, call)

    def received(self, call: Call) -> Call:
        """Return a call its number and the time."""
        return msgspec.structs.replace(call, request=self.world.log.next_seq(), at_ms=self.world.clock.now_ms())

    def finish(self, call: Call, answer: Answer, *, trouble: str = "", status: int | None = None) -> Reply:
        """Log a call with its answer and give the answer as bytes; a given status is what the log shows."""
        request_id = self.request_id(call)
        reply = self._reply(call, answer, request_id)
        self.world.answered(
            Logged(
                seq=call.request,
                at_ms=call.at_ms,
                method=call.method,
                path=call.path,
                source_id=answer.source_id,
                events=answer.events,
                event_ids=answer.event_ids,
                status=reply.status if status is None else status,
                code=int(answer.code),
                request_id=request_id,
                trouble=trouble,
                size=len(call.body),
                body=call.body,
            )
        )
        return reply

    def _endpoint(self, call: Call) -> Endpoint:
        found = self._routes.get((call.method, call.path))
        if found is None and self.world.switches.slashless_paths == "accept":
            found = self._routes.get((call.method, f"{call.path}/"))
        return found or no_route

    def _reply(self, call: Call, answer: Answer, request_id: str) -> Reply:
        body = encode(answer, request_id)
        headers = [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", str(len(body)).encode()),
            *((name.lower().encode(), value.encode("latin-1", "replace")) for name, value in answer.headers),
        ]
        return Reply(status=self._status(call, answer), headers=tuple(headers), body=body)

    def _status(self, call: Call, answer: Answer) -> int:
        if answer.status is not None:
            return answer.status
        portal = self.world.switches.http_status_mode == "portal" and _portal_path(call.path)
        return portal_status(answer.code) if portal or answer.code == Code.ROUTE_NOT_FOUND else 200

    def request_id(self, call: Call) -> str:
        """Build a request id: UTC timestamp, then 20 hex digits (tiktok.md 4.1)."""
        moment = datetime.fromtimestamp(call.at_ms / MS_PER_SECOND, UTC)
        return f"{moment:%Y%m%d%H%M%S}{self._host}{call.request:010X}"


def _portal_path(path: str) -> bool:
    return path.endswith(PORTAL_PATHS) or f"{path}/".endswith(PORTAL_PATHS)


#: Versions that were retired (tiktok.md 1.5).
_RETIRED = ("/open_api/v1.0/", "/open_api/v1.1/", "/open_api/v1.2/")


def no_route(world: World, call: Call) -> Answer:
    """Answer 40400 for what is not served, audience, segment and report endpoints among it."""
    world.note(Where(call.request, call.at_ms), [Finding(Rule.UNKNOWN_PATH, call.path[:80], call.method)])
    if call.path.startswith(_RETIRED):
        return refuse(Code.VERSION, "This API version is no longer served; use v1.3.")
    if call.path.startswith("/open_api/") and not call.path.startswith("/open_api/v1.3"):
        return refuse(Code.INVALID_VERSION, "There is no such API version; use v1.3.")
    return refuse(Code.ROUTE_NOT_FOUND, f"The emulator does not serve {call.method} {call.path[:200]}.")
