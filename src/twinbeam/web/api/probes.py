"""What machines ask of the process: is it alive, is it ready, what has it counted."""

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.web.contract import JournalLag, Parts


class Health(Struct, frozen=True):
    """Alive: it can answer. Says nothing about the store, so that a slow disk does not get the process killed."""

    status: str
    lag_seconds: float


class Readiness(Struct, frozen=True):
    """Ready: pages and stories are current."""

    ready: bool
    reasons: list[str]
    lag_seconds: float
    pending: int
    journals: tuple[JournalLag, ...]


async def health(parts: Parts, _request: Request) -> Response:
    """Answer GET /healthz."""
    return _json(Health("ok", parts.lag().lag_seconds))


async def readiness(parts: Parts, _request: Request) -> Response:
    """Answer GET /readyz: 503 with reasons while something is wrong."""
    reasons, lag = parts.ready(), parts.lag()
    answer = Readiness(not reasons, reasons, lag.lag_seconds, lag.pending, lag.journals)
    return _json(answer, 503 if reasons else 200)


async def metrics(parts: Parts, _request: Request) -> Response:
    """Answer GET /metrics in Prometheus' text format."""
    body, content_type = await parts.on_reader(parts.metrics)
    return Response(body, headers={"content-type": content_type, "cache-control": "no-store"})


def _json(answer: Health | Readiness, status: int = 200) -> Response:
    body = msgspec.json.encode(answer)
    return Response(body, status, {"cache-control": "no-store"}, media_type="application/json")
