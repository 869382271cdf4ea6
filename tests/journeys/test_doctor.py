"""The doctor beside real gateways: it names what people get wrong, each with its mend, and nothing where all is well."""

import re

import pytest

from gateway import PIXEL, Gateway, a_shop
from running import wait_until
from shoppers import a_purchase

pytestmark = [pytest.mark.journey, pytest.mark.outside("doctor")]

REFUSED = "C0REFUSEDTOKENPIXEL1"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("shop"), join_window_seconds=0) as shop:
        yield shop


def ports(gateway):
    return {name: gateway.settings[name] for name in ("TWINBEAM_LISTEN", "TWINBEAM_DASHBOARD")}


def test_it_has_nothing_against_a_gateway_that_is_well(shop):
    told = shop.gateway.told("doctor")
    assert "FAIL" not in told
    assert f"ok   The intake answers at {shop.gateway.intake}." in told
    assert f"ok   The dashboard answers at {shop.gateway.pages}." in told


def test_another_gateway_on_the_port_is_named(shop, tmp_path):
    other = Gateway(tmp_path, "http://127.0.0.1:9", {})
    other.told("pixels", "add", PIXEL)
    told = other.run("doctor", **ports(shop.gateway)).stdout
    for side, url in (("intake", shop.gateway.intake), ("dashboard", shop.gateway.pages)):
        assert f"FAIL What answers at {url} is not the {side} of this data folder but " in told
    assert f"pid {shop.gateway.pid('supervisor')} (" in told


def test_a_gateway_that_listens_elsewhere_than_the_command_was_told_is_named(shop, tmp_path):
    other = Gateway(tmp_path, "http://127.0.0.1:9", {})
    done = shop.gateway.run("doctor", **ports(other))
    assert done.returncode == 1
    pid = shop.gateway.pid("supervisor")
    assert f"FAIL The gateway runs as pid {pid}, and nothing answers at {other.intake}." in done.stdout
    assert "Give this command the gateway's own settings (TWINBEAM_LISTEN)" in done.stdout


def test_a_token_that_tiktok_refuses_is_named_with_the_command_that_mends_it(shop):
    key = shop.add_pixel(REFUSED, "a-token-that-nobody-knows")
    shop.post(a_purchase("order-1"), key=key)
    wait_until(lambda: shop.story("order-1", wait=0)["state"] == "waiting", "TikTok refused the token")
    done = shop.gateway.run("doctor")
    assert done.returncode == 1
    assert f"FAIL TikTok rejects the token of pixel {REFUSED} ({REFUSED}): code 40105," in done.stdout
    assert re.search(r"Failing since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\.\n +-> .*Events Manager", done.stdout)
    assert f"twinbeam pixels token {REFUSED} < token.txt" in done.stdout
