"""`twinbeam accounts`, against the emulator: what is printed, what is read, and what is never shown."""

import http.client
import re
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from tiktok_emulator.accounts import DEFAULT_APP, DEFAULT_SECRET, App, Crowd, Seed
from tiktok_emulator.embed import Emulator
from twinbeam.cli.main import twinbeam
from twinbeam.core.errors import TwinbeamError

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.fixture
def tiktok():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def cli(tmp_path, tiktok):
    env = {
        "TWINBEAM_DATA": str(tmp_path / "data"),
        "TWINBEAM_KEYRING": str(tmp_path / "keyring.json"),
        "TWINBEAM_TIKTOK_URL": tiktok.url,
    }

    def run(*words, told="", ok=True):
        result = CliRunner(env=env).invoke(twinbeam, list(words), input=told)
        if ok:
            assert result.exit_code == 0, (result.output, result.exception)
            return result.output
        assert isinstance(result.exception, TwinbeamError), result.exception
        return str(result.exception)

    run("keys", "create", "read", "--source", "me")
    return run


def confirmed(url, body=b""):
    """Confirm the consent page, and return the address that TikTok leads to."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("POST", f"{parts.path}?{parts.query}", body)
    location = connection.getresponse().getheader("location")
    connection.close()
    return location


def begun(cli, *words):
    return re.search(r"https?://\S+/portal/auth\S+", cli("accounts", "connect", *words))[0]


def test_an_account_is_connected_chosen_imported_shown_and_ended(cli, tiktok):
    tiktok.seed(Seed(apps=[App(id=DEFAULT_APP, secret=DEFAULT_SECRET)], crowd=Crowd(advertisers=2)))
    assert "No app of TikTok's developer portal" in cli("accounts", "connect", ok=False)
    assert "is saved" in cli("accounts", "app", DEFAULT_APP, told=DEFAULT_SECRET + "\n")
    address = confirmed(begun(cli))
    assert address.startswith("http://127.0.0.1:8701/connect/tiktok/callback?")
    done = cli("accounts", "finish", told=address + "\n")
    assert "Account Demo advertiser is connected, with 3 ad accounts" in done
    account = re.search(r"accounts show (\w+)", done)[1]
    assert "used already" in cli("accounts", "finish", told=address + "\n", ok=False)
    assert "0 of 3 ad accounts chosen" in cli("accounts", "list")
    assert "2 ad accounts are chosen" in cli(
        "accounts", "choose", account, "7200000000000000001", "7200000000000000002"
    )
    assert "Client 1" in cli("accounts", "show", account)
    assert cli("accounts", "list").startswith(f"Client 1 and 1 more  {account}  connected")
    assert "asked for" in cli("accounts", "import", account)
    for wrong in ("events.shop.example", "https://[x", "https://", "https://shop.example:port"):
        assert "is no address" in cli("accounts", "subscribe", account, wrong, ok=False)
    subscribed = cli("accounts", "subscribe", account, "http://127.0.0.1:9")
    assert "TikTok tells 127.0.0.1 of its outages from now on" in subscribed
    path = urlsplit(cli("alerts", "status-address").strip()).path
    assert tiktok.subscriptions() == [f"http://127.0.0.1:9{path}"]
    tiktok.trouble("html_502", times=1, path="/subscription/subscribe/")
    assert "Run this again in a few minutes" in cli("accounts", "subscribe", account, "http://127.0.0.1:9", ok=False)
    ended = cli("accounts", "disconnect", account, "--yes")
    assert "is disconnected" in ended
    assert "disconnected" in cli("accounts", "list")
    assert "disconnected" in cli("accounts", "import", account, ok=False)
    assert "disconnected" in cli("accounts", "subscribe", account, "http://127.0.0.1:9", ok=False)
    for told in (done, ended, cli("accounts", "list", "--json"), cli("audit")):
        assert DEFAULT_SECRET not in told


def test_a_refused_consent_is_told(cli):
    cli("accounts", "app", DEFAULT_APP, told=DEFAULT_SECRET + "\n")
    address = confirmed(begun(cli), b"refuse=1")
    assert "The access was refused on TikTok's page." in cli("accounts", "finish", told=address + "\n", ok=False)


def test_a_wrong_secret_is_told_without_the_secret(cli):
    cli("accounts", "app", DEFAULT_APP, told="not-the-secret\n")
    said = cli("accounts", "finish", told=confirmed(begun(cli)) + "\n", ok=False)
    assert "TikTok does not let this app in." in said
    assert "not-the-secret" not in said


@pytest.mark.parametrize("address", ["", "not an address", "http://x/?state=forged&auth_code=y"])
def test_what_was_never_begun_is_not_finished(cli, address):
    assert "does not belong to a connection" in cli("accounts", "finish", told=address + "\n", ok=False)


def test_an_empty_list_says_how_to_begin(cli):
    assert "twinbeam accounts connect" in cli("accounts", "list")
    assert cli("accounts", "list", "--json").strip() == "[]"
    assert "twinbeam accounts list" in cli("accounts", "show", "nobody", ok=False)
    assert "--all" in cli("accounts", "choose", "nobody", ok=False)


def test_a_profile_is_said_and_shown(cli):
    cli("pixels", "add", CODE, "--name", "Shop")
    told = cli("pixels", "profile", CODE, "brand=acme", "domain=shop.de", "market=de", "client=Acme")
    assert "By the pattern it would be acme_shop.de_DE_production." in told
    assert "The name does not follow the naming pattern" in cli("pixels", "profile", CODE)
    assert "takes production or staging" in cli("pixels", "set", CODE, "environment=live", ok=False)
