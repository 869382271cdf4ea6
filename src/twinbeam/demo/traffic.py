"""
Play the shop's sides over HTTP, each request at its planned moment.

A request that meets a lost connection or a 5xx is tried again with the same bytes, as a tag or a webhook sender
would; any other refusal is counted and not repeated, because the same bytes would be refused again.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import aiohttp
from msgspec import Struct

from twinbeam.core.values import Channel
from twinbeam.demo import webhooks
from twinbeam.demo.posts import SHOP, Post, To
from twinbeam.demo.visits import ShopSystem

_AT_ONCE = 64  #: open requests; a visitor's browser and a webhook queue do not wait for each other
_TRIES = 8  #: with the waits below about 25 s: longer than a gateway takes to restart
_FIRST_WAIT_SECONDS = 0.2
_TIMEOUT = aiohttp.ClientTimeout(total=20)


class Endpoints(Struct, frozen=True):
    """Where the shop posts, what opens it for each channel, and where TikTok's own script reports."""

    url: str
    keys: dict[Channel, str]
    tiktok: str
    secrets: dict[ShopSystem, str]  #: by which each shop system signs


class ResponseCounts(Struct):
    """What the gateway answered so far."""

    posts: int = 0
    accepted: int = 0
    dropped: int = 0
    held: int = 0
    rejected: int = 0
    notices: int = 0
    retries: int = 0
    refused: int = 0  #: requests answered with a 4xx
    given_up: int = 0  #: requests that never got an answer

    def take(self, answer: dict[str, Any]) -> None:
        """Add one 202's numbers; lists count by their length."""
        for name in ("accepted", "dropped", "held", "rejected", "notices"):
            said = answer.get(name, 0)
            setattr(self, name, getattr(self, name) + (said if isinstance(said, int) else len(said)))


async def play(posts: Sequence[Post], endpoints: Endpoints, counts: ResponseCounts) -> None:
    """
    Send every request at its moment, counted from now, and return when all are answered or given up.

    A visitor's answer is taken before anything that is planned after it, however slow a machine is.
    """
    start = asyncio.get_running_loop().time()
    gate = asyncio.Semaphore(_AT_ONCE)
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session, asyncio.TaskGroup() as sending:
        for post in posts:
            await asyncio.sleep(start + post.at - asyncio.get_running_loop().time())
            if post.to is To.CONSENT:
                await _send(session, post, endpoints, counts)
                continue
            await gate.acquire()
            task = sending.create_task(_send(session, post, endpoints, counts))
            task.add_done_callback(lambda _: gate.release())


async def _send(session: aiohttp.ClientSession, post: Post, endpoints: Endpoints, counts: ResponseCounts) -> None:
    for trial in range(_TRIES):
        if await _answered(session, post, endpoints, counts):
            counts.posts += 1
            return
        counts.retries += 1
        await asyncio.sleep(_FIRST_WAIT_SECONDS * 2**trial)
    counts.given_up += 1


async def _answered(session: aiohttp.ClientSession, post: Post, endpoints: Endpoints, counts: ResponseCounts) -> bool:
    """Send once; False means that trying again may help."""
    url, headers = _place(post, endpoints)
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with session.post(url, data=post.body, headers=headers) as response:
            if response.status < 300:
                counts.take(await response.json())
                return True
            counts.refused += response.status < 500
            return response.status < 500
    return False


def _place(post: Post, endpoints: Endpoints) -> tuple[str, dict[str, str]]:
    """Return the address of a request and its headers."""
    if post.to is To.SCRIPT:
        return f"{endpoints.tiktok}{post.to}", {
            "Content-Type": "text/plain;charset=UTF-8",
            "User-Agent": post.user_agent,
        }
    if post.told is not None:
        order, told = post.told
        headers = webhooks.headers_of(order, told, post.body, endpoints.secrets[order.system])
        return f"{endpoints.url}{post.to}", headers
    key = {"Authorization": f"Bearer {endpoints.keys[post.channel]}", "Content-Type": "application/json"}
    page = {"Origin": SHOP, "X-Forwarded-For": post.address} if post.channel is Channel.BROWSER else {}
    return f"{endpoints.url}{post.to}", key | page | {"User-Agent": post.user_agent}
