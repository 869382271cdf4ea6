"""
Server-sent events, for the small script of a page.

`snapshot` carries a part of the page when it has changed, `tick` says that it has not, `trouble` carries a sentence.
`ended` says that whoever listened is signed out; nothing follows.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from twinbeam.core.errors import TwinbeamError
from twinbeam.web.wording import iso

Still = Callable[[Request], Awaitable[bool]]
"""Returns whether whoever makes a request is still signed in."""

RETRY = "retry: 2000\n\n"
ENDED = "event: ended\ndata: Your sign-in has ended. Reload this page to sign in again.\n\n"
_STILL_TURNS = 5  #: whoever is signed out sees what comes for some seconds more
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}  # nginx would hold the events back


class Looked(Struct, frozen=True):
    """A part of a page as it is now."""

    at_ms: int
    part: str


class Following(Struct, frozen=True):
    """How a part of a page is followed."""

    look: Callable[[], Awaitable[Looked]]  #: raises HTTPException once there is nothing to follow, or TwinbeamError
    still: Callable[[], Awaitable[bool]]
    closing: Callable[[], bool]
    trouble: str  #: the sentence that is shown while nothing can be read
    every_seconds: float = 2.0


def streamed(request: Request, events: Callable[[], AsyncIterator[str]]) -> Response:
    """Answer with events; whoever asks for the head alone begins none."""
    if request.method == "HEAD":
        return Response(headers=_HEADERS, media_type="text/event-stream")
    return StreamingResponse(events(), headers=_HEADERS, media_type="text/event-stream")


def event(name: str, text: str, id_: str) -> str:
    """Write one server-sent event; every line of its text needs a prefix of its own."""
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {name}\nid: {id_}\n{lines}\n"


def trouble(sentence: str) -> str:
    """Write the event that says why nothing new is shown."""
    return f"event: trouble\ndata: {sentence}\n\n"


async def follow(it: Following) -> AsyncIterator[str]:
    """Write the events of a part of a page, each with its time as its id."""
    yield RETRY
    shown = ""
    for turn in count(1):
        if it.closing():
            return
        try:
            if turn % _STILL_TURNS == 0 and not await it.still():
                yield ENDED
                return
            now = await it.look()
        except HTTPException:  # what was followed was removed
            return
        except TwinbeamError:
            yield trouble(it.trouble)
        else:
            name, text = ("tick", "") if now.part == shown else ("snapshot", now.part)
            yield event(name, text, iso(now.at_ms))
            shown = now.part
        await asyncio.sleep(it.every_seconds)
