"""`twinbeam sources`, and the other commands where a source leads to a pixel."""

import base64
import json
from base64 import b64decode

import pytest
from click.testing import CliRunner

from twinbeam.app.keyring import open_keyring
from twinbeam.cli.main import twinbeam
from twinbeam.cli.setup import opened_store
from twinbeam.engines.signing import open_secret
from twinbeam.settings import load

CODE = "C4A5B6C7D8E9F0G1H2I3"
GIVEN = "whsec_" + base64.b64encode(b"drawn by the sender, 24 bytes").decode()


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    said("pixels", "add", CODE)
    return tmp_path / "data"


def said(*words, stdin=""):
    """Give what a command prints, or the sentence with which it refuses."""
    done = CliRunner().invoke(twinbeam, words, input=stdin)
    return done.output or str(done.exception)


def created(*words, **more):
    return json.loads(said("sources", "create", "till", "--pixel", CODE, "--json", *words, **more))


def kept():
    """Give the secrets that count, as people write them."""
    with opened_store() as store:
        (row,) = store.signed_sources()
    opened = [open_secret(open_keyring(load()), row.name, b64decode(sealed)) for sealed in row.secrets]
    return ["whsec_" + base64.b64encode(secret).decode() for secret in opened]


def test_a_source_is_made_and_its_secret_is_shown_once(data):
    made = created()
    assert (made["source"], made["path"]) == ("till", "/in/webhook/till")
    assert kept() == [made["secret"]]
    listed = said("sources", "list")
    assert listed.splitlines()[1].split()[:4] == ["till", "webhook", "main", "1"]
    assert CODE in listed
    everything = listed + said("audit") + (data / "directory.json").read_text()
    assert made["secret"].removeprefix("whsec_") not in everything


def test_a_secret_may_be_the_senders():
    assert created("--secret-stdin", stdin=f"{GIVEN}\n")["secret"] == GIVEN
    assert kept() == [GIVEN]


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_not base64!",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "a password",
    ],
)
def test_a_secret_that_is_none_is_refused_and_not_quoted(secret):
    told = said("sources", "create", "till", "--pixel", CODE, "--secret-stdin", stdin=secret + "\n")
    assert told == "A secret is whsec_ and 24 to 64 bytes in base64, as its sender shows it."


def test_a_secret_changes_over():
    first = created()["secret"]
    second = said("sources", "rotate", "till").splitlines()[0]
    assert kept() == [second, first]
    assert "two secrets already" in said("sources", "rotate", "till")
    assert "is ended" in said("sources", "retire", "till")
    assert kept() == [second]
    assert "one secret only" in said("sources", "retire", "till")
    assert "is removed" in said("sources", "remove", "till")
    assert "There is no source till" in said("sources", "remove", "till")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("Till", "--pixel", CODE), "no name for a source"),
        (("a/b", "--pixel", CODE), "no name for a source"),
        (("till",), "needs a pixel"),
        (("till", "--pixel", "C0000000000000000000"), "There is no pixel"),
        (("till", "--pixel", CODE, "--shop", "nowhere"), "There is no shop nowhere"),
        (("till", "--pixel", CODE, "--workspace", "hats"), "There is no workspace hats"),
        (("till", "--route", f"{CODE} colour=red"), "no condition of a route"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(words, told):
    assert told in said("sources", "create", *words)
    assert "No source yet" in said("sources", "list")


def test_a_source_sends_for_the_shop_it_was_made_for_and_keeps_it():
    said("shops", "add", "shop-fr")
    created("--shop", "shop-fr")
    assert "shop-fr" in said("sources", "list")
    assert "remove it first: twinbeam sources remove till" in said("shops", "remove", "shop-fr")
    said("sources", "remove", "till")
    assert "is removed" in said("shops", "remove", "shop-fr")


def test_sources_are_listed_by_workspace():
    said("workspaces", "add", "hats")
    said("pixels", "add", CODE, "--workspace", "hats")
    said("sources", "create", "hatter", "--pixel", CODE, "--workspace", "hats")
    assert "No source yet" in said("sources", "list")
    assert "hatter" in said("sources", "list", "--workspace", "hats")
    assert "choose another name" in said("sources", "create", "hatter", "--pixel", CODE)


def test_removing_a_pixel_tells_of_its_sources_and_takes_them_along():
    created()
    told = said("pixels", "remove", CODE, "--yes")
    assert "sources, which lose their routes to it or go with it: till" in told
    assert "Revoked, because they led to it alone: source till." in told
    assert "No source yet" in said("sources", "list")


def test_a_pixel_that_only_a_source_leads_to_is_reached():
    assert f"FAIL Pixel {CODE} has no write key." in said("doctor")
    created()
    assert f"ok   Pixel {CODE} has a signed source." in said("doctor")
