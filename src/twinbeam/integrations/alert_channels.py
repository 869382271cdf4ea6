"""
Alerts on their way: by HTTP to addresses that may be reached, and by e-mail. Nothing here raises or logs.

Which addresses may be reached is what `feed_addresses.py` says of feeds: public ones by https, and those of networks
that the operator listed. A redirect is not followed: it could lead where the address may not.
"""

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import aiohttp

from twinbeam.alerts.addresses import PRIVATE, trouble_with
from twinbeam.core.networks import Allowed
from twinbeam.integrations.feed_addresses import GuardedResolver, PrivateAddress
from twinbeam.integrations.mail import MailFailed, MailHost, send

MOST_SECONDS = 15.0
_MOST_ANSWER = 65_536  #: bytes of an answer, of which nothing is used
_NO_SERVER = "No e-mail can be sent. Set TWINBEAM_SMTP_URL and TWINBEAM_REPORT_FROM."


class AlertPost:
    """Posts by HTTP; `proxy` is the address of an HTTP proxy, which then looks names up itself."""

    def __init__(self, allowed: Allowed, *, proxy: str = "", most_seconds: float = MOST_SECONDS) -> None:
        self._allowed = allowed
        self._proxy = proxy
        self._most_seconds = most_seconds

    async def post(self, url: str, body: bytes, head: Mapping[str, str]) -> str:
        """Post a body; returns why it was not taken, in words without the address, or ""."""
        try:
            if trouble := trouble_with(url, self._allowed):
                return trouble
            return await self._post(url, body, head)
        except TimeoutError:
            return f"It did not answer within {self._most_seconds:.0f} seconds."
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _what_happened(error)

    async def _post(self, url: str, body: bytes, head: Mapping[str, str]) -> str:
        resolver = GuardedResolver(self._allowed, only_listed=urlsplit(url).scheme == "http")
        connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=1)
        timeout = aiohttp.ClientTimeout(total=self._most_seconds)
        async with (
            aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout) as session,
            session.post(
                url,
                data=body,
                headers={"User-Agent": "twinbeam", **head},
                allow_redirects=False,
                proxy=self._proxy or None,
            ) as response,
        ):
            await response.content.read(_MOST_ANSWER)
            return "" if response.ok and response.status < 300 else f"It answers {response.status}."


async def mail(server: MailHost | None, sender: str, to: Sequence[str], told: tuple[str, str], *, now_s: float) -> str:
    """Send an e-mail; returns why it was not taken, or ""."""
    if server is None or not sender:
        return _NO_SERVER
    try:
        await asyncio.to_thread(send, server, sender, to, *told, now_s=now_s)
    except MailFailed as error:
        return str(error)
    return ""


def _what_happened(error: Exception) -> str:
    """Name what happened; of an error's text only what can hold neither an address nor a password."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, PrivateAddress) or isinstance(cause.__cause__, PrivateAddress):
        return PRIVATE
    if isinstance(cause, OSError) and cause.strerror:
        return f"It cannot be reached: {cause.strerror}."
    return f"It cannot be reached ({type(error).__name__})."
