"""A machine that reaches the internet through a proxy only: what is sent goes through it, encrypted for TikTok."""

import asyncio
import contextlib
from base64 import b64encode

import pytest

from gateway import PIXEL, TOKEN, Gateway, Shop, TikTokSide
from proxying import HOST, TIKTOK, TikTokTls, a_proxy, certificate_for
from running import wait_until
from shoppers import a_purchase
from twinbeam.core.delivery import Lane, Lease, TryLater
from twinbeam.destinations.tiktok.client import TikTok
from twinbeam.settings import TIKTOK_URL

pytestmark = [pytest.mark.journey, pytest.mark.outside("proxy")]

LOGIN = "ada:s3cret"


@pytest.fixture
def tiktok(tmp_path):
    side = TikTokSide(tmp_path)
    yield side
    assert side.stop() == []


@pytest.fixture
def tls(tiktok, tmp_path):
    """TikTok under its own name, and what to trust it by."""
    certificate = certificate_for(TIKTOK, tmp_path / "tiktok.pem")
    with contextlib.closing(TikTokTls(tiktok.url, certificate)) as server:
        yield server, certificate


@contextlib.contextmanager
def a_shop_behind(tiktok, certificate, tmp_path, **proxy):
    """Bring up a shop that sends to TikTok's own address, by the proxy that its environment names."""
    gateway = Gateway(tmp_path, TIKTOK_URL, {"join_window_seconds": 0})
    gateway.settings |= {"SSL_CERT_FILE": str(certificate), **proxy}
    shop = Shop(gateway, tiktok, "require")
    gateway.start()
    try:
        yield shop
    finally:
        gateway.stop()


def test_what_is_sent_goes_through_the_proxy_and_the_token_is_never_shown_to_it(tiktok, tls, tmp_path):
    server, certificate = tls
    with (
        a_proxy(server.port, login=LOGIN) as proxy,
        a_shop_behind(tiktok, certificate, tmp_path, HTTPS_PROXY=f"http://{LOGIN}@{HOST}:{proxy.port}") as shop,
    ):
        shop.post(a_purchase("order-1"))
        wait_until(lambda: shop.story("order-1", wait=0)["state"] == "delivered", "it is delivered through the proxy")
        assert proxy.asked == [(f"CONNECT {TIKTOK}:443 HTTP/1.1", f"Basic {b64encode(LOGIN.encode()).decode()}")]
        assert [event["event_id"] for event in tiktok.counted()] == ["order-1"]
        told = shop.gateway.told("doctor", "--settings")
        assert f"HTTPS_PROXY=http://***@{HOST}:{proxy.port}" in told
        assert "s3cret" not in told + shop.gateway.log.read_text()


def test_a_wrong_password_of_the_proxy_is_told_without_it_and_the_event_waits(tiktok, tls, tmp_path):
    server, certificate = tls
    with (
        a_proxy(server.port, login=LOGIN) as proxy,
        a_shop_behind(tiktok, certificate, tmp_path, https_proxy=f"ada:wr0ng@{HOST}:{proxy.port}") as shop,
    ):
        shop.post(a_purchase("order-1"))
        wait_until(lambda: shop.story("order-1", wait=0)["state"] == "waiting", "the attempt failed")
        told = shop.gateway.told("find", "--event-id", "order-1")
        assert "ClientHttpProxyError: the proxy answers 407" in told
        assert "wr0ng" not in told + shop.gateway.log.read_text() + shop.gateway.run("doctor").stdout
        assert tiktok.counted() == []


@pytest.mark.parametrize("refuses", ["403 Forbidden", "502 Bad Gateway", "407 Proxy Authentication Required"])
def test_what_a_proxy_did_not_let_through_certainly_never_arrived(refuses):
    with a_proxy(9, refuses=refuses) as proxy:
        verdict = delivered_through(f"http://{LOGIN}@{HOST}:{proxy.port}")
    assert isinstance(verdict, TryLater)
    assert not verdict.arrived
    assert refuses.split()[0] in verdict.answer.message
    assert "s3cret" not in verdict.answer.message


def test_a_proxy_that_is_not_there_is_named_as_one_that_cannot_be_reached():
    with a_proxy(9) as proxy:
        port = proxy.port
    verdict = delivered_through(f"http://{LOGIN}@{HOST}:{port}")
    assert isinstance(verdict, TryLater)
    assert not verdict.arrived
    assert verdict.answer.message.startswith("ClientProxyConnectionError")
    assert "s3cret" not in verdict.answer.message


def delivered_through(proxy):
    """Send one batch to TikTok's own address; it gets no further than the proxy."""

    async def once():
        client = TikTok(base_url=TIKTOK_URL, token=lambda _lane: TOKEN, proxy=proxy, timeout_seconds=5)
        try:
            lane = Lane(id=1, workspace="main", event_source="web", source_id=PIXEL)
            return await client.deliver(Lease(batch=1, lane=lane, body=b"{}", count=1, attempt=1))
        finally:
            await client.close()

    return asyncio.run(once())
