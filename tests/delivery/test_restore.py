"""A store is lost and put back from a backup: nothing counts twice at TikTok, and who was erased stays erased."""

import json
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from gateway import Shop, a_shop
from running import wait_until
from shoppers import Crowd, a_purchase, a_view, ids_of
from signals import HOUR
from skewed import a_shop_with_a_clock

pytestmark = [pytest.mark.journey, pytest.mark.alone, pytest.mark.delivery("restore")]

EMAIL = "ada.lovelace@kundin.example"
ADA = {"email": EMAIL, "ip": "198.51.100.7", "user_agent": "Ada/1.0"}


def back_up(shop: Shop) -> Path:
    told = json.loads(shop.gateway.told("backup", "--to", str(shop.gateway.folder / "backups"), "--json"))
    return Path(told["place"])


def lose_all(shop: Shop) -> None:
    """Kill every process at once, and let a fresh and empty data folder be used from now on."""
    for pid in shop.gateway.pids().values():
        os.kill(pid, signal.SIGKILL)
    shop.gateway.supervisor.wait()
    shop.gateway.data = shop.gateway.folder / "elsewhere"
    shop.gateway.settings["TWINBEAM_DATA"] = str(shop.gateway.data)


def doubled(shop: Shop) -> int:
    counted = Counter((event["event"], event["event_id"]) for event in shop.tiktok.counted())
    return sum(n - 1 for n in counted.values())


def about_ada(shop: Shop) -> list[dict]:
    return json.loads(shop.gateway.told("export", "--email", EMAIL))["stored"]


def restored_waiting(shop: Shop) -> int:
    return sum(it["count"] for it in json.loads(shop.gateway.told("restored", "--json")))


def test_a_backup_under_load_is_restored_elsewhere_and_nothing_counts_twice(tmp_path, record_property):
    with a_shop(tmp_path, join_window_seconds=0) as shop:
        shop.post(a_purchase("ada-sent", user=ADA, order_id="A1"))
        assert shop.story("ada-sent")["state"] == "delivered"
        shop.tiktok.trouble("delay", seconds=0.5)
        shop.post(a_purchase("ada-held", user=ADA, order_id="A2", consent=None))
        with Crowd(shop.gateway.intake, shop.keys["server"], size=2, pause_seconds=0.1) as crowd:
            wait_until(lambda: len(crowd.acknowledged) > 200, "there is load")
            before = set(crowd.acknowledged)
            backup = back_up(shop)
            after = len(crowd.acknowledged)
            wait_until(lambda: len(crowd.acknowledged) > after + 200, "more comes in after it")
            shop.gateway.told("erase", "--email", "-", told=f"{EMAIL}\n")
            lose_all(shop)
            told = json.loads(shop.gateway.told("restore", str(backup), "--json"))
            assert (told["erased"], told["held"]) == (1, 0)
            shop.gateway.start()
        shop.wait_steady(60)
        known = {event["event_id"] for event in shop.tiktok.counted()}
        assert before - known == set()
        assert shop.story("ada-sent")["state"] == "erased"
        back = len(about_ada(shop))
        shop.post(a_view("afterwards"))
        assert shop.story("afterwards")["state"] == "delivered"
        wait_until(lambda: not (shop.gateway.data / "restored-journals").exists(), "its journals are recorded and gone")
        assert shop.gateway.pending() == 0
        assert "FAIL" not in shop.gateway.told("doctor")
        twice = doubled(shop)
        assert (twice, back) == (0, 0)
        record_property("figures", f"restore: doubled {twice}, erased back {back}")


def test_what_waited_in_a_backup_over_47_hours_old_is_held_for_its_owner(tmp_path, record_property):
    with a_shop_with_a_clock(tmp_path, join_window_seconds=0) as (shop, skew):
        shop.tiktok.expected_faults |= {"event_time"}
        shop.tiktok.trouble("status", status=503)
        shop.post(*(a_view(f"tried-{n}") for n in range(3)))
        wait_until(lambda: shop.story("tried-0", wait=0)["attempts"], "it was tried")
        shop.gateway.told("pixels", "stop", "C0JOURNEYPIXELCODE01")
        shop.post(*(a_view(f"waits-{n}") for n in range(4)), a_purchase("unsaid", consent=None))
        shop.story("waits-3", wait=0)
        backup = back_up(shop)
        shop.tiktok.heal()
        shop.gateway.told("pixels", "start", "C0JOURNEYPIXELCODE01")
        shop.post(a_purchase("later", order_id="L1"))
        shop.wait_steady()
        sent = ids_of(shop.tiktok.counted())
        assert sent == {*(f"tried-{n}" for n in range(3)), *(f"waits-{n}" for n in range(4)), "later"}
        lose_all(shop)
        skew.set(50 * HOUR)
        shop.tiktok.post("time", move_seconds=50 * 3_600)
        told = json.loads(shop.gateway.told("restore", str(backup), "--json"))
        assert told["held"] == 7
        shop.gateway.told("pixels", "start", "C0JOURNEYPIXELCODE01")
        shop.gateway.start()
        assert shop.story("waits-0")["reason"] == "restored"
        # The shop repeats an order of which the backup knows nothing, and says what was not said.
        now = a_view("")["event_time"] + 50 * 3_600
        shop.post(a_purchase("later", order_id="L1"), a_purchase("unsaid"), a_view("fresh", event_time=now))
        assert shop.story("later")["reason"] == "restored"
        # What may have been requested before the restore fills the minute's limit.
        wait_until(lambda: shop.story("fresh", wait=0)["state"] == "delivered", "the minute is over", seconds=120)
        assert restored_waiting(shop) >= 8
        assert "7" in shop.gateway.told("restored")
        shop.gateway.told("restored", "--discard", "--yes")
        wait_until(lambda: restored_waiting(shop) == 0, "what is discarded ends")
        assert shop.story("waits-0", wait=0)["reason"] == "discarded"
        shop.wait_steady()
        assert ids_of(shop.tiktok.counted()) - sent == {"fresh"}
        twice, back = doubled(shop), len(about_ada(shop))
        assert (twice, back) == (0, 0)
        record_property("figures", f"restore: doubled {twice}, erased back {back}")
