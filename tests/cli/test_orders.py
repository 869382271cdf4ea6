"""`twinbeam orders`: what became of the shop's orders, in lines, sums and CSV."""

import csv
import re
from contextlib import closing
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from builders import NOW_MS
from ledgers import facts_of, ordered, some_orders
from showroom import Showroom
from twinbeam.cli.main import twinbeam
from twinbeam.core.clock import HandClock
from twinbeam.core.order import OrderFacts, Refund
from twinbeam.core.rules import MAIN

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """Ask at the time at which the orders were placed."""
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    clock = HandClock()
    monkeypatch.setattr("twinbeam.cli.setup.SystemClock", lambda: clock)
    with closing(Showroom(tmp_path / "data", clock=clock)) as room:
        room.add_pixel(CODE, workspace=MAIN)
        some_orders(room, MAIN, CODE)
    return tmp_path


def said(*words):
    """Give what a command prints, or the sentence with which it refuses."""
    done = CliRunner().invoke(twinbeam, words)
    return done.output or str(done.exception)


def test_each_order_is_one_line_with_what_became_of_it():
    lines = said("orders", "list").splitlines()
    assert sorted(line.split()[0] for line in lines) == ["1001", "1002", "1003", "1004", "1005"]
    (line,) = [line for line in lines if line.startswith("1001")]
    assert re.search(r"20\.50 EUR  Accepted by TikTok\. /events/\d+$", line)
    assert datetime.fromtimestamp(HandClock().now_ms() / 1_000, UTC).strftime("%Y-%m-%d %H:%M") in line


def test_the_missing_ones_are_told_apart():
    lines = said("orders", "list", "--missing").splitlines()
    assert sorted(line.split()[0] for line in lines) == ["1003", "1005"]
    assert "missing: TikTok rejected this event." in said("orders", "list", "--missing")


def test_orders_add_up():
    told = said("orders", "reconcile")
    words = " ".join(told.split())
    assert words.startswith(
        "5 orders in the last 7 UTC days 2 accepted by TikTok 1 deliberately not sent 1 order_ignored"
    )
    assert "2 missing 1 " in words
    assert "60.0% accuracy" in words
    assert "value 102.50 EUR, accepted 41.00 EUR, missing 41.00 EUR, delta 0.00 EUR, refunded 5.50 EUR" in words
    assert "1003" not in told
    assert "1003" in said("orders", "reconcile", "--missing")


def test_csv_holds_the_same(data):
    file = data / "orders.csv"
    assert said("orders", "list", "--csv", str(file)) == f"5 rows are in {file}.\n"
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [row["result"] for row in sorted(rows, key=lambda row: row["order"])] == [
        *("accepted", "accepted", "missing", "ignored", "missing")
    ]
    sums = list(csv.DictReader(said("orders", "reconcile", "--csv", "-").splitlines()))
    assert sum(int(row["orders"]) for row in sums) == 5
    assert {row["channel"] for row in sums} == {"online", "point_of_sale"}
    assert sum(float(row["net"]) for row in sums) == 97.0


def test_what_a_spreadsheet_would_calculate_is_written_as_text(data):
    with closing(Showroom(data / "data")) as room:
        room.skip_groups(100)
        room.record(*ordered("=1+1", purchase=False, facts=facts_of("=1+1"), workspace=MAIN, pixel=CODE))
    assert "\n'=1+1," in f"\n{said('orders', 'list', '--csv', '-')}"


def test_one_order_is_shown_whole():
    told = said("orders", "show", "1002")
    assert "net       15.00 EUR" in told
    assert "TikTok    20.50 EUR" in told
    assert "page      /events/" in told
    assert "There is no order 7;" in said("orders", "show", "7")


def test_what_went_back_is_listed_and_says_where_it_is_not_subtracted(data):
    with closing(Showroom(data / "data")) as room:
        room.skip_groups(100)
        day = 86_400_000
        back = {"a": Refund(NOW_MS, "5.00 EUR"), "b": Refund(NOW_MS + day, "800 JPY")}
        back |= {"c:1": Refund(NOW_MS, "2.00 EUR", "ch"), "c:2": Refund(NOW_MS + day, "3.00 EUR", "ch")}
        facts = replace(facts_of("2001"), refunds=back)
        alone = OrderFacts("2002", "shopify", refunds=back)
        room.record(*ordered("2001", purchase=False, facts=facts, workspace=MAIN, pixel=CODE))
        room.record(*ordered("2002", purchase=False, facts=alone, workspace=MAIN, pixel=CODE))
    told = said("orders", "show", "2001")
    listed = [line.split(" on ")[0].split() + line.split(", ")[1:] for line in told.splitlines() if "went back" in line]
    assert sorted(listed) == [
        ["went", "back", "1.00", "EUR"],
        ["went", "back", "2.00", "EUR"],
        ["went", "back", "5.00", "EUR"],
        ["went", "back", "800", "JPY", "in another currency than the order: not subtracted"],
    ]
    assert "net       12.50 EUR" in told
    assert "2002 is no order by the shop's rules, or only what went back of it is known" in said(
        "orders", "show", "2002"
    )


def test_without_orders_it_says_what_to_do():
    said("workspaces", "add", "hats")
    assert "twinbeam import orders FILE" in said("orders", "reconcile", "--workspace", "hats")
    assert said("orders", "list", "--workspace", "hats") == "No order was placed in the last 7 days.\n"


def test_an_order_of_which_no_event_came_is_named_by_find():
    assert said("find", "--order-id", "1005").strip().endswith("twinbeam orders show 1005")


def test_the_command_that_find_prints_works_in_any_workspace_and_shows_no_control_characters(data):
    said("workspaces", "add", "hats")
    hostile = "7\u202e7"
    with closing(Showroom(data / "data")) as room:
        room.skip_groups(100)
        room.add_pixel("C0EXAMPLEPIXELCODE21", workspace="hats")
        for number in ("7001", hostile):
            room.record(*ordered(number, purchase=False, facts=facts_of(number), workspace="hats"))
    told = said("find", "--order-id", "7001", "--workspace", "hats").strip()
    assert told.endswith("twinbeam orders show 7001 --workspace hats")
    assert said(*told.partition("twinbeam ")[2].split()).startswith("7001")
    told = said("find", "--order-id", hostile, "--workspace", "hats")
    assert "orders show" in told
    assert "\u202e" not in told
