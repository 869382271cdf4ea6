"""What machines ask of the process: is it alive, is it ready, what has it counted."""

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.web.contract import JournalLag, RouteContext


class Liveness(Struct, frozen=True):
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


async def health(context: RouteContext, _request: Request) -> Response:
    """Answer GET /healthz."""
    return _json(Liveness("ok", context.lag().lag_seconds))


async def readiness(context: RouteContext, _request: Request) -> Response:
    """Answer GET /readyz: 503 with reasons while something is wrong."""
    reasons, lag = context.ready(), context.lag()
    answer = Readiness(not reasons, reasons, lag.lag_seconds, lag.pending, lag.journals)
    return _json(answer, 503 if reasons else 200)


async def metrics(context: RouteContext, _request: Request) -> Response:
    """Answer GET /metrics in Prometheus' text format."""
    body, content_type = await context.on_reader(context.metrics)
    return Response(body, headers={"content-type": content_type, "cache-control": "no-store"})


def _json(answer: Liveness | Readiness, status: int = 200) -> Response:
    body = msgspec.json.encode(answer)
    return Response(body, status, {"cache-control": "no-store"}, media_type="application/json")
