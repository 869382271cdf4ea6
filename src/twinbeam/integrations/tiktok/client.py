"""
The Marketing API by HTTP: one call each, no pace and no second try.

It never logs, and never puts a token, a secret or a body into what it returns. An answer is read up to a limit.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp
import msgspec

from twinbeam.core.accounts import (
    AccountProblem,
    AccountTrouble,
    AdvertiserSeen,
    DeveloperApp,
    Granted,
    PixelPage,
    StatSeen,
)
from twinbeam.core.clock import MS_PER_DAY, MS_PER_SECOND
from twinbeam.integrations.tiktok import reading
from twinbeam.integrations.tiktok.text import one_line
from twinbeam.integrations.tiktok.verdicts import verdict

T = TypeVar("T")

API = "/open_api/v1.3"  # tiktok.md 1.1
CONSENT_PAGE = "/portal/auth"  # tiktok.md 12.1
PAGE_SIZE = 20  #: the most that a page of pixels may have (tiktok.md 12.2)
MOST_STAT_PIXELS = 10  #: in a question for statistics
ANSWER_LIMIT_BYTES = 8 * 1024 * 1024  # 20 pixels with their base code and 100 events with rules have less than 2 MiB
_CONNECT_SECONDS = 10.0
_CONNECTIONS = 4  #: of its own, so that no event ever waits for one


@dataclass(kw_only=True, eq=False)
class MarketingClient:
    """
    Ask TikTok about accounts, pixels and counts (tiktok.md 12.1, 12.2); a call returns what came, or the trouble.

    `proxy` is the address of an HTTP proxy, as for the events.
    """

    base_url: str
    proxy: str = ""
    timeout_seconds: float = 30.0
    _session: aiohttp.ClientSession | None = field(default=None, init=False, repr=False)

    def consent_url(self, app_id: str, state: str, redirect_uri: str) -> str:
        """Return the address at which an advertiser gives an app access."""
        query = urlencode({"app_id": app_id, "state": state, "redirect_uri": redirect_uri})
        return f"{self.base_url.rstrip('/')}{CONSENT_PAGE}?{query}"

    async def exchange(self, app: DeveloperApp, auth_code: str) -> Granted | AccountTrouble:
        """Exchange a code, which is good once, for a token."""
        body = {"app_id": app.id, "secret": app.secret, "auth_code": auth_code}
        return await self._read(self._post("/oauth2/access_token/", body), reading.granted)

    async def advertisers(self, app: DeveloperApp, token: str) -> tuple[AdvertiserSeen, ...] | AccountTrouble:
        """List the ad accounts that a token covers."""
        query = {"app_id": app.id, "secret": app.secret}
        return await self._read(self._get("/oauth2/advertiser/get/", token, query), reading.advertisers)

    async def pixel_page(self, token: str, advertiser_id: str, page: int) -> PixelPage | AccountTrouble:
        """Return one page of an ad account's pixels, the earliest made first; pages count from 1."""
        query = {"advertiser_id": advertiser_id, "page": str(page), "page_size": str(PAGE_SIZE)}
        return await self._read(self._get("/pixel/list/", token, query), reading.pixel_page)

    async def event_stats(
        self, token: str, advertiser_id: str, pixel_ids: Sequence[str], day: int
    ) -> tuple[StatSeen, ...] | AccountTrouble:
        """Count the events of at most 10 pixels on one UTC day, as a number of days since the epoch."""
        date = _date(day)
        query = {
            "advertiser_id": advertiser_id,
            "pixel_ids": _as_json(list(pixel_ids)),
            "date_range": _as_json({"start_date": date, "end_date": date}),
        }
        return await self._read(self._get("/pixel/event/stats/", token, query), reading.event_stats)

    async def revoke(self, app: DeveloperApp, token: str) -> AccountTrouble | None:
        """Make a token useless; a AccountTrouble says why TikTok did not."""
        body = {"app_id": app.id, "secret": app.secret, "access_token": token}
        said = await self._post("/oauth2/revoke_token/", body)
        return said if isinstance(said, AccountTrouble) else None

    async def subscribe_to_status(self, app: DeveloperApp, token: str, address: str) -> str | AccountTrouble:
        """Let TikTok post its outages of the Events API to an address; return the subscription's id."""
        detail = {"access_token": token, "product_filters": ["EVENTS_API"]}
        body = {"app_id": app.id, "secret": app.secret, "subscribe_entity": "API_SERVICE_STATUS"}
        asked = self._post("/subscription/subscribe/", body | {"callback_url": address, "subscription_detail": detail})
        return await self._read(asked, reading.subscription)

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _read(
        self, asked: Awaitable[dict[str, Any] | AccountTrouble], read: Callable[[dict[str, Any]], T | None]
    ) -> T | AccountTrouble:
        said = await asked
        if isinstance(said, AccountTrouble):
            return said
        found = read(said)
        return (
            AccountTrouble(AccountProblem.MALFORMED, "code 0 without the data that belongs to it")
            if found is None
            else found
        )

    async def _get(self, path: str, token: str, query: Mapping[str, str]) -> dict[str, Any] | AccountTrouble:
        return await self._ask("GET", path, params=query, headers={"Access-Token": token})

    async def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any] | AccountTrouble:
        return await self._ask("POST", path, json=body)

    async def _ask(self, method: str, path: str, **what: Any) -> dict[str, Any] | AccountTrouble:
        url = self.base_url.rstrip("/") + API + path
        try:
            # A redirect would carry token and secret to another host.
            async with self._opened().request(
                method, url, allow_redirects=False, proxy=self.proxy or None, **what
            ) as response:
                body = await _limited(response)
                if body is None:
                    return AccountTrouble(
                        AccountProblem.MALFORMED, f"the answer has more than {ANSWER_LIMIT_BYTES} bytes"
                    )
                return verdict(response.status, body, response.headers)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return AccountTrouble(AccountProblem.UNREACHABLE, _what_happened(error))

    def _opened(self) -> aiohttp.ClientSession:
        """Open the session inside the running loop, because it belongs to that loop for life."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self.timeout_seconds, connect=_CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity", "User-Agent": "twinbeam"},
                timeout=timeout,
            )
        return self._session


async def _limited(response: aiohttp.ClientResponse) -> bytes | None:
    """Read an answer; None where it is longer than any answer can be."""
    read = bytearray()
    async for chunk in response.content.iter_any():
        read += chunk
        if len(read) > ANSWER_LIMIT_BYTES:
            response.close()  # what is left is not waited for
            return None
    return bytes(read)


def _what_happened(error: Exception) -> str:
    """Name what happened; of an error's text only what can hold neither an address with a secret nor a password."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answers {error.status}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return one_line(f"{type(error).__name__}: {error.os_error.strerror or type(error.os_error).__name__}")
    return type(error).__name__


def _as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * MS_PER_DAY / MS_PER_SECOND, UTC).date().isoformat()
