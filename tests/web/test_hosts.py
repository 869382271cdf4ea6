"""The dashboard answers to addresses, localhost and listed names only."""

import asyncio

import pytest

from twinbeam.web.hosts import KnownHosts


def status(host: bytes | None, *names: str) -> int:
    statuses: list[int] = []

    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        statuses.append(message.get("status", 0))

    headers = [] if host is None else [(b"host", host)]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    asyncio.run(KnownHosts(app, names)(scope, None, send))
    return statuses[0]


@pytest.mark.parametrize("host", [b"localhost", b"localhost:8701", b"127.0.0.1:8701", b"[::1]:8701", b"10.1.2.3"])
def test_addresses_and_localhost_are_answered(host):
    assert status(host) == 200


@pytest.mark.parametrize("host", [b"evil.example", b"evil.example:8701", b"127.0.0.1.evil.example", b"", None])
def test_a_foreign_name_is_not_answered(host):
    assert status(host) == 421


def test_a_listed_name_is_answered_in_any_case():
    assert status(b"Pixels.Shop.example:443", "pixels.shop.example") == 200
