"""
The gateway's paths under the shop's own host, as Caddy or nginx hand them on (`install/`), and its read API.

Headers go on as they are, with the visitor's address added; the host stays, since the tag's cookie is the shop's.
"""

from typing import Any

import aiohttp
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from twinbeam.demo.shop_pages.config import ShopConfig
from twinbeam.demo.shop_pages.visit import VISITOR_ADDRESS

_MOST_BYTES = 256 * 1024  #: of a body; a browser's last requests may have 64 KiB
_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")  #: headers that the client would add by itself
#: Of one connection alone, or ours to say.
_HOPS = {
    "connection",
    "content-length",
    "keep-alive",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-for",
}


class Gateway:
    """The gateway, as this shop reaches it."""

    def __init__(self, config: ShopConfig, session: aiohttp.ClientSession) -> None:
        self._config = config
        self._session = session

    async def hand_on(self, request: Request) -> Response:
        """Answer a request below the tag's path with what the gateway answers."""
        path = request.scope["path"]
        if ".." in path or "%" in path:  # `%` was encoded twice, and the client below decodes once more
            return Response(status_code=404)  # it would lead to another path than the tag's
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        url = f"{self._config.intake}{request.url.path}?{request.url.query}"
        headers = [*_kept(request.headers.items()), ("X-Forwarded-For", VISITOR_ADDRESS)]
        try:
            async with self._session.request(
                request.method, url, data=body, headers=headers, skip_auto_headers=_ADDED, allow_redirects=False
            ) as answer:
                response = Response(await answer.read(), answer.status)
                response.raw_headers += [
                    (name.lower().encode(), value.encode("latin-1")) for name, value in _kept(answer.headers.items())
                ]
                return response
        except (aiohttp.ClientError, TimeoutError):
            return Response(status_code=502)

    async def conversion(self, event_id: str) -> dict[str, Any] | None:
        """Ask what became of an event; None while the gateway knows nothing of it."""
        url = f"{self._config.dashboard}/v1/conversions"
        headers = {"Authorization": f"Bearer {self._config.read_key}", "Accept-Encoding": "identity"}
        try:
            async with self._session.get(url, params={"event_id": event_id}, headers=headers) as answer:
                found: list[dict[str, Any]] = (await answer.json()).get("conversions", [])
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None
        return found[0] if found else None


async def _body(request: Request) -> bytes | None:
    """Read a body to its end; None if it is too long or its sender has gone."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_BYTES:
                return None
    except ClientDisconnect:
        return None
    return body


def _kept(headers: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOPS]
