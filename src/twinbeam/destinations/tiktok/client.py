"""
The only file that speaks HTTP to TikTok. It sends frozen bytes and hands every answer to the verdict table.

It never logs, and never puts into an answer, a token or a body.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp
from msgspec import Struct

from twinbeam.core.delivery import Answered, Lane, Lease, TokenRejected, TryLater, Verdict
from twinbeam.destinations.tiktok.verdicts import needs_a_look, readable, verdict
from twinbeam.destinations.tiktok.wire import TRACK_PATH
from twinbeam.pipeline.send.report import Report, silent

_ANSWER_LIMIT_BYTES = 64 * 1024  # an envelope has a few hundred; nothing longer is worth the memory
_CONNECT_SECONDS = 10.0  # name lookup, TCP and TLS; three lost SYN packets take 7
_CONNECT_SHARE = 0.5  # of the whole timeout: connecting must fail first, because only then nothing was sent

#: Nothing was sent: name lookup, connect or TLS failed, or no connection came about in time.
_NEVER_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,  # the proxy would not open a tunnel
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
    UnicodeError,  # a host name that cannot be one
)

#: No answer came, whatever was sent.
FAILED = (aiohttp.ClientError, TimeoutError, OSError)


class RawAnswer(Struct, frozen=True):
    """What came back, as it came."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(kw_only=True, eq=False)
class TikTok:
    """
    Deliver batches to TikTok's Events API 2.0 (tiktok.md 1.2).

    `token` gives the access token of a lane, or None while none is saved. `connections` bounds the open sockets
    towards TikTok: with 4 requests per lane, the default lets 125 lanes hang at once before they delay others, and
    stays under the usual limit of 1,024 open files. `proxy` is the address of an HTTP proxy, with name and password
    where it asks for them; what it tunnels is encrypted for TikTok.
    """

    base_url: str
    token: Callable[[Lane], str | None]
    timeout_seconds: float = 30.0
    connections: int = 500
    report: Report = silent
    proxy: str = ""
    _session: aiohttp.ClientSession | None = field(default=None, init=False, repr=False)

    async def deliver(self, lease: Lease) -> Verdict:
        """Send one frozen batch and say what came of it; without a usable token no request is made."""
        token = self.token(lease.lane)
        if not token or not _fits_a_header(token):
            return TokenRejected(Answered(message=_token_problem(token)))
        return await self._attempt(lease, token)

    async def close(self) -> None:
        """Close the connections; a later delivery opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _attempt(self, lease: Lease, token: str) -> Verdict:
        try:
            said = await self._post(lease.body, token)
        except _NEVER_LEFT as error:
            return TryLater(Answered(message=what_happened(error)), arrived=False)
        except FAILED as error:
            return TryLater(Answered(message=what_happened(error)))
        self._raise_alarm(lease.lane, said.answer)
        return said

    async def _post(self, body: bytes, token: str) -> Verdict:
        came = await self.ask(TRACK_PATH, body, token)
        return verdict(came.status, came.body, came.headers)

    async def ask(self, path: str, body: bytes, token: str) -> RawAnswer:
        """Send bytes as every batch is sent, and return what came as it came; raises what `FAILED` names."""
        async with self._opened().post(
            self.base_url.rstrip("/") + path,
            data=body,
            headers={"Access-Token": token},
            allow_redirects=False,  # a redirect would carry the token to another host
            proxy=self.proxy or None,
        ) as response:
            return RawAnswer(response.status, await _read(response), dict(response.headers))

    def _opened(self) -> aiohttp.ClientSession:
        """Open the session inside the running loop, because it belongs to that loop for life."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self.connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={
                    "Content-Type": "application/json",
                    "Accept-Encoding": "identity",
                    "User-Agent": "twinbeam",
                },
                timeout=_timeout(self.timeout_seconds),
            )
        return self._session

    def _raise_alarm(self, lane: Lane, answer: Answered) -> None:
        if needs_a_look(answer):
            self.report(
                "tiktok.odd_answer",
                lane=lane.name,
                status=answer.status,
                code=answer.code,
                request_id=answer.request_id,
            )


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, connect=min(_CONNECT_SECONDS, seconds * _CONNECT_SHARE))


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read an answer up to the limit or to where it breaks off; what was cut cannot be taken for a delivery."""
    read = bytearray()
    with suppress(aiohttp.ClientPayloadError):
        async for chunk in response.content.iter_any():
            read += chunk
            if len(read) > _ANSWER_LIMIT_BYTES:
                break
    return bytes(read)


def _fits_a_header(token: str) -> bool:
    return token.isascii() and token.isprintable()


def _token_problem(token: str | None) -> str:
    if not token:
        return "no access token is saved for this event source"
    return "the saved access token holds characters that no token has; save it again"


def what_happened(error: Exception) -> str:
    """Return in one line why no answer came."""
    if isinstance(error, aiohttp.ClientHttpProxyError):  # its text holds the proxy's address, which may hold a password
        return readable(f"{type(error).__name__}: the proxy answers {error.status} {error.message}")
    return readable(f"{type(error).__name__}: {error}")
