"""
A plain sink for drain benchmarks: answers the success envelope to everything and only counts.

Events are counted by how often `"event_time"` occurs in a body, so a benchmark pays for no parsing on this side.
`GET /` gives the counts as JSON.
"""

from tiktok_emulator.call import Receive, Scope, Send

_OK = b'{"code":0,"message":"OK","request_id":"20260101000000SINK0000000000000000","data":{}}'


class Sink:
    """The ASGI application that counts and forgets."""

    def __init__(self) -> None:
        self.requests = 0
        self.events = 0
        self.bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        if scope["type"] != "http":
            return
        if scope["method"] == "GET":
            await _answer(send, self._counts())
            return
        await self._read_and_count(receive)
        await _answer(send, _OK)

    async def _read_and_count(self, receive: Receive) -> None:
        parts: list[bytes] = []
        more = True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        body = b"".join(parts)
        self.requests += 1
        self.bytes += len(body)
        self.events += body.count(b'"event_time"')

    def _counts(self) -> bytes:
        return b'{"requests":%d,"events":%d,"bytes":%d}' % (self.requests, self.events, self.bytes)


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
