"""A real shop's orders through the demo, as docs/howto/import-orders.md tells: looked at, imported, and counted by TikTok."""

import csv
import io
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from running import ask, wait_until

#: Where the variable says; Daqing Chen (2015), https://doi.org/10.24432/C5BW33.
FILE = Path(os.environ.get("ONLINE_RETAIL_CSV") or "/nowhere")
PIXEL = "CTWINBEAMDEMOSHOP001"
ORDERS, VALUE = 372, Decimal("164339.39")

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(not FILE.exists(), reason="the data set is not here; see ONLINE_RETAIL_CSV"),
]


@pytest.fixture
def demo(tmp_path):
    """A demo that has played, and still runs."""
    day = ("--seed", "3", "--orders", "40", "--seconds", "4", "--directory", str(tmp_path))
    command = [sys.executable, "-m", "twinbeam.demo", *day]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        environment = json.loads(process.stdout.readline())["environment"]
        assert json.loads(process.stdout.readline())["played"]["idle"]
        yield environment
        process.stdin.close()
        process.wait(40)


def said(demo, *words):
    """Run a command beside the demo's gateway."""
    folder = Path(demo["directory"])
    own = {"TWINBEAM_DATA": str(folder / "state"), "TWINBEAM_KEYRING": str(folder / "keyring")}
    command = [sys.executable, "-m", "twinbeam", *words]
    done = subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def reconciled(demo):
    """Give the sums of what was imported."""
    rows = csv.DictReader(io.StringIO(said(demo, "orders", "reconcile", "--csv", "-")))
    imported = [row for row in rows if row["source"] == "import"]
    names = ("orders", "accepted", "missing", "value")
    return {name: sum((Decimal(row[name]) for row in imported), Decimal(0)) for name in names}


def counted(demo):
    """Give the purchases in pounds that TikTok counts of the file: its numbers have six digits."""
    found, page = [], {"next": 0, "more": True}
    while page["more"]:
        page = ask(f"{demo['emulator']}/_control/counted?pixel={PIXEL}&limit=1000&after={page['next']}").json
        found += page["items"]
    return [it for it in found if it["event"] == "Purchase" and len(it["order_id"] or "") == 6]


def test_a_real_shops_file_is_looked_at_imported_and_counted_once(demo):
    words = ("import", "orders", str(FILE), "--currency", "GBP", "--shift-dates", "--pixel", PIXEL)
    assert f"{ORDERS:10} go into the ledger alone: no column and no --consent-basis" in said(demo, *words)
    words += ("--consent-basis", "terms of 2010-11, 3", "--may-double-count")
    looked = said(demo, *words)
    assert "order_id         is read from InvoiceNo" in looked
    assert f"{ORDERS:10} go to TikTok" in looked
    assert "Nothing was imported. Add --yes to import." in looked
    assert reconciled(demo)["orders"] == 0
    said(demo, *words, "--yes")
    wait_until(lambda: len(counted(demo)) >= ORDERS, "TikTok counts them", 60)
    wait_until(lambda: reconciled(demo)["accepted"] == ORDERS, "the ledger hears of it", 30)
    assert reconciled(demo) == {"orders": ORDERS, "accepted": ORDERS, "missing": 0, "value": VALUE}
    assert sum(Decimal(str(it["value"])) for it in counted(demo)) == VALUE
    assert f"{ORDERS + 84} records are imported already" in said(demo, *words, "--yes")
    assert len({it["order_id"] for it in counted(demo)}) == len(counted(demo)) == ORDERS
