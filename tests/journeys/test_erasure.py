"""A person asks to be told and to be erased: beside a running gateway, without one, and after a restore."""

import csv
import hashlib
import io
import json
import shutil

import pytest

from gateway import Shop, a_shop
from running import wait_until
from shoppers import a_purchase

pytestmark = pytest.mark.journey

EMAIL = "ada.lovelace@kundin.example"
DIGEST = hashlib.sha256(EMAIL.encode()).hexdigest()
ADA = {"email": EMAIL, "ip": "198.51.100.7", "user_agent": "Ada/1.0"}


@pytest.fixture
def shop(tmp_path):
    with a_shop(tmp_path, join_window_seconds=0) as opened:
        opened.post(a_purchase("ada-1", user=ADA, order_id="A1"), a_purchase("ben-1", order_id="B1"))
        opened.story("ada-1")
        opened.wait_steady()
        yield opened


def erase(shop: Shop) -> dict:
    return json.loads(shop.gateway.told("erase", "--email", "-", "--json", told=f"{EMAIL}\n"))


def about_ada(shop: Shop) -> list[dict]:
    return json.loads(shop.gateway.told("export", "--email", EMAIL))["stored"]


def test_a_person_is_told_and_erased_beside_a_running_gateway(shop):
    (found,) = about_ada(shop)
    assert found["story"]["event_id"] == "ada-1"
    assert found["copies"][0]["content"]["user"]["email"] == DIGEST
    receipt = erase(shop)
    assert (receipt["removed"], receipt["delivered"]) == (1, 1)
    assert about_ada(shop) == []
    assert shop.story("ada-1")["state"] == "erased"
    assert shop.story("ben-1")["state"] == "delivered"
    assert "FAIL" not in shop.gateway.told("doctor")
    shop.post(a_purchase("ada-1", user=ADA, order_id="A1"))
    shop.wait_steady()
    assert len(shop.tiktok.counted()) == 2


def test_a_person_is_erased_without_a_gateway(shop):
    shop.gateway.stop()
    done = shop.gateway.run("erase", "--email", EMAIL)
    assert done.returncode == 0
    assert "Erased conversions: 1." in done.stdout
    assert "TikTok already has, or may have, 1 of them" in done.stdout
    assert "No gateway is running" in done.stderr


def test_a_restored_store_is_erased_again_at_the_next_start(shop):
    shop.gateway.stop()
    store, backup = shop.gateway.data / "store.db", shop.gateway.folder / "backup.db"
    shutil.copy(store, backup)
    shop.gateway.told("erase", "--email", EMAIL)
    log = shop.gateway.folder / "keyring.erasures"
    assert log.stat().st_mode & 0o777 == 0o600
    assert EMAIL not in log.read_text()
    assert DIGEST not in log.read_text()
    for file in shop.gateway.data.glob("store.db*"):
        file.unlink()
    shutil.copy(backup, store)
    assert len(about_ada(shop)) == 1
    shop.gateway.start()
    wait_until(lambda: about_ada(shop) == [], "the wish is carried out again")
    assert shop.story("ada-1")["state"] == "erased"


def test_the_stories_of_a_workspace_are_given_out_without_identifiers(shop):
    done = shop.gateway.run("export")
    stories = [json.loads(line) for line in done.stdout.splitlines()]
    assert {story["event_id"] for story in stories} == {"ada-1", "ben-1"}
    assert "2 stories, done" in done.stderr
    table = shop.gateway.told("export", "--format", "csv", "--since", "2020-01-01")
    assert {row["order_id"] for row in csv.DictReader(io.StringIO(table))} == {"A1", "B1"}
    assert shop.gateway.run("export", "--workspace", "other").stdout == ""
    for said in (EMAIL, DIGEST, "198.51.100.7", "Ada/1.0"):
        assert said not in done.stdout + table
