"""Files that are damaged, removed or left behind: each is named in one sentence, and nothing acknowledged is lost silently."""

import json
import os
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from gateway import Gateway, Shop, a_shop
from running import answers, wait_until
from shoppers import a_view
from twinbeam.engines.journals.losses import losses
from twinbeam.engines.stores.sqlite.store import FILE as STORE

pytestmark = pytest.mark.journey


def lines(shop, event):
    return [line for line in shop.gateway.lines() if line["event"] == event]


def counted(shop):
    return sorted(event["event_id"] for event in shop.tiktok.counted())


def kill(shop: Shop) -> None:
    """Kill all processes at once, as a power failure would: the supervisor starts none again, and none ends in order."""
    pids = shop.gateway.pids()
    os.kill(pids["supervisor"], signal.SIGSTOP)
    for name in sorted(pids, key="supervisor".__eq__):
        os.kill(pids[name], signal.SIGKILL)
    wait_until(lambda: not shop.gateway.is_running, "it is dead")
    shop.gateway.stop()


def post(shop: Shop, prefix: str, many: int, group: int = 20) -> list[str]:
    ids = [f"{prefix}-{n:04}" for n in range(many)]
    for first in range(0, many, group):
        shop.post(*[a_view(event_id) for event_id in ids[first : first + group]])
    return ids


@pytest.mark.outside("journal")
def test_a_damaged_journal_is_set_aside_and_a_fresh_one_begun(tmp_path):
    with a_shop(tmp_path) as shop:
        before = post(shop, "before", 20)
        wait_until(lambda: counted(shop) == before, "what came before is delivered")
        shop.gateway.stop()
        journal = shop.gateway.data / "journal-0.db"
        journal.write_bytes(b"no database" * 4_000)
        shop.gateway.start()
        after = post(shop, "after", 20)
        wait_until(lambda: counted(shop) == sorted(before + after), "events go on")
        (told,) = lines(shop, "journal.damaged")
        assert (told["file"], told["aside"][:24]) == (str(journal), "journal-0.db.damaged-" + told["aside"][21:24])
        doctor = shop.gateway.run("doctor")
        assert f"FAIL The journal {shop.gateway.data / told['aside']} was damaged" in doctor.stdout
        assert "Traceback" not in shop.gateway.log.read_text()


@pytest.mark.outside("journal")
def test_a_journal_that_is_removed_while_it_is_in_use_is_begun_anew_and_nothing_of_it_is_lost(tmp_path):
    with a_shop(tmp_path) as shop:
        before = post(shop, "before", 20)
        for file in shop.gateway.data.glob("journal-0.db*"):
            file.unlink()
        wait_until(lambda: lines(shop, "journal.damaged"), "that it is gone is told")
        after = post(shop, "after", 20)
        wait_until(lambda: counted(shop) == sorted(before + after), "all is delivered")
        kill(shop)
        shop.gateway.start()
        again = post(shop, "again", 20)
        wait_until(lambda: counted(shop) == sorted(before + after + again), "all is delivered")


@pytest.mark.outside("store")
def test_a_store_that_vanished_is_not_begun_anew_unless_somebody_says_so(tmp_path):
    with a_shop(tmp_path) as shop:
        shop.gateway.stop()
        away = tmp_path / "away"
        shop.gateway.data.rename(away)
        refused = shop.gateway.run("serve")
        assert refused.returncode == 1
        (sentence,) = refused.stderr.splitlines()
        assert sentence.startswith(f"twinbeam: The store {shop.gateway.data / STORE} is missing")
        assert "twinbeam doctor --new-store" in sentence
        assert not (shop.gateway.data / STORE).exists()
        assert shop.gateway.run("keys", "list").returncode == 1
        assert f"FAIL The store {shop.gateway.data / STORE} is missing" in shop.gateway.run("doctor").stdout
        assert not shop.gateway.data.exists()
        away.rename(shop.gateway.data)
        shop.gateway.start()
        shop.post(a_view("back"))
        assert shop.story("back")["state"] == "delivered"
        shop.gateway.stop()
        for file in shop.gateway.data.glob(f"{STORE}*"):
            file.unlink()
        assert shop.gateway.run("serve").returncode == 1
        assert "A new, empty store" in shop.gateway.told("doctor", "--new-store")
        assert shop.gateway.run("doctor", "--new-store").returncode == 1
        shop.gateway.start()


@pytest.mark.outside("store")
def test_a_store_that_is_removed_while_it_is_in_use_is_noticed_and_nothing_is_lost_once_it_is_back(tmp_path):
    with a_shop(tmp_path) as shop:
        before = post(shop, "before", 20)
        wait_until(lambda: counted(shop) == before, "what came before is delivered")
        time.sleep(1.1)
        copy = tmp_path / "copy.db"
        with closing(sqlite3.connect(shop.gateway.data / STORE)) as db, closing(sqlite3.connect(copy)) as backup:
            db.backup(backup)
        for file in shop.gateway.data.glob(f"{STORE}*"):
            file.unlink()
        (told,) = wait_until(lambda: lines(shop, "store.gone"), "that it is gone is told")
        assert told["file"] == str(shop.gateway.data / STORE)
        said = wait_until(lambda: [line for line in shop.gateway.lines() if "is missing" in line["event"]], "the mend")
        assert "twinbeam doctor --new-store" in said[0]["event"]
        meanwhile = post(shop, "meanwhile", 20)
        copy.rename(shop.gateway.data / STORE)
        wait_until(lambda: counted(shop) == sorted(before + meanwhile), "all is delivered")


@pytest.mark.outside("store")
def test_a_damaged_store_is_named_with_its_mend_and_events_wait(tmp_path):
    with a_shop(tmp_path) as shop:
        before = post(shop, "before", 20)
        wait_until(lambda: counted(shop) == before, "what came before is delivered")
        shop.gateway.stop()
        store = shop.gateway.data / STORE
        whole = store.read_bytes()
        store.write_bytes(b"no database" * 4_000)
        shop.gateway.launch()
        wait_until(lambda: answers(f"{shop.gateway.intake}/readyz"), "the intake is ready")
        meanwhile = post(shop, "meanwhile", 20)
        sentence = f"twinbeam: The store {store} is damaged"
        wait_until(lambda: any(line["event"].startswith(sentence) for line in shop.gateway.lines()), "it is named")
        assert "Traceback" not in shop.gateway.log.read_text()
        store.write_bytes(whole)
        wait_until(lambda: counted(shop) == sorted(before + meanwhile), "all is delivered", 60)


@pytest.mark.outside("wal")
def test_a_store_that_lost_its_log_is_recorded_again_from_the_journals(tmp_path):
    with a_shop(tmp_path) as shop:
        ids = post(shop, "e", 600)
        wait_until(lambda: counted(shop) == ids, "all is delivered")
        kill(shop)
        wal = shop.gateway.data / f"{STORE}-wal"
        assert wal.stat().st_size > 100_000, "nothing is at stake"
        wal.write_bytes(b"\0" * wal.stat().st_size)
        (shop.gateway.data / f"{STORE}-shm").unlink()
        shop.gateway.start()
        (told,) = wait_until(lambda: lines(shop, "store.behind"), "that the store is behind is told")
        assert told["events"] > 0
        wait_until(lambda: shop.gateway.states() == {"delivered": 600}, "all is recorded and delivered again")
        assert counted(shop) == ids
        assert losses(shop.gateway.data) == []


@pytest.mark.outside("wal")
def test_a_journal_that_lost_its_log_is_told_with_the_number_of_events_that_are_gone(tmp_path):
    with a_shop(tmp_path) as shop:
        before = post(shop, "before", 20)
        wait_until(lambda: counted(shop) == before, "what came before is delivered")
        os.kill(shop.gateway.pid("writer"), signal.SIGSTOP)
        post(shop, "lost", 300)
        kill(shop)
        wal = shop.gateway.data / "journal-0.db-wal"
        wal.write_bytes(b"\0" * wal.stat().st_size)
        (shop.gateway.data / "journal-0.db-shm").unlink()
        shop.gateway.start()
        (told,) = wait_until(lambda: lines(shop, "journal.lost"), "the loss is told")
        assert 300 <= told["events"] <= 320
        doctor = shop.gateway.run("doctor")
        assert f"FAIL Up to {told['events']} accepted events of journal-0.db are missing" in doctor.stdout
        shop.post(a_view("after"))
        assert shop.story("after")["state"] == "delivered"


@pytest.mark.outside("folder")
def test_two_gateways_never_work_on_one_folder_of_journals(tmp_path):
    journals = tmp_path / "journals"
    with a_shop(tmp_path, journal_folder=journals) as shop:
        (tmp_path / "other").mkdir()
        other = Gateway(tmp_path / "other", shop.tiktok.url, {"journal_folder": journals})
        refused = other.run("serve")
        assert refused.returncode == 1
        assert f"The folder of journals {journals} is in use by another Twinbeam process" in refused.stderr
        assert "TWINBEAM_JOURNAL_FOLDER" in refused.stderr


@pytest.mark.outside("folder")
def test_what_a_changed_setting_left_behind_is_recorded_and_told(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    with a_shop(tmp_path, journal_folder=old) as shop:
        os.kill(shop.gateway.pid("writer"), signal.SIGSTOP)
        left = post(shop, "left", 100)
        kill(shop)
        shop.gateway.settings["TWINBEAM_JOURNAL_FOLDER"] = str(new)
        assert f"FAIL Journals were in {old} before" in shop.gateway.run("doctor").stdout
        shop.gateway.start()
        after = post(shop, "after", 20)
        wait_until(lambda: counted(shop) == sorted(left + after), "all is delivered")
        assert [line["folder"] for line in lines(shop, "journals.left")] == [str(old)]
        wait_until(lambda: lines(shop, "journals.drained"), "nothing is left")
        assert json.loads((shop.gateway.data / "journal-folders.json").read_text()) == [str(new)]
        assert str(old) not in shop.gateway.told("doctor")
