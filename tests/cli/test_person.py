"""What `twinbeam export` gives out, and what it and `twinbeam erase` say about one person."""

import csv
import io
import json
from contextlib import closing

import pytest
from click.testing import CliRunner

from showroom import Showroom, bought
from signals import granted
from twinbeam.admin.errors import NotFound
from twinbeam.cli.main import twinbeam
from twinbeam.cli.visible import visible
from twinbeam.core.clock import MS_PER_DAY, HandClock, SystemClock
from twinbeam.core.keys import visit
from twinbeam.core.rules import MAIN
from twinbeam.core.values import Facts

CLICK = Facts(ttclid="click-1", url="https://shop.example/a")


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    return tmp_path / "data"


@pytest.fixture
def room(data):
    with closing(Showroom(data)) as room:
        yield room


def run(*words):
    return CliRunner().invoke(twinbeam, words)


def test_a_visitor_is_told_of_their_conversions_and_of_their_visit(room):
    token = visit("visitor", MAIN, "v7")
    room.record(bought("1", workspace=MAIN, visits=[token], facts=CLICK, consent=granted()))
    told = json.loads(run("export", "--visitor-id", "v7").stdout)
    assert [one["story"]["event_id"] for one in told["stored"]] == ["order-1"]
    (kept,) = told["visits"]
    assert (kept["ttclid"], kept["url"]) == ("click-1", "https://shop.example/a")
    assert kept["consent"]["ad_storage"] == {"at_ms": granted().ad_storage.at_ms, "answer": "granted"}


@pytest.mark.parametrize("text", ['=HYPERLINK("http://evil.example")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_of_a_table_is_taken_for_a_formula(room, text):
    room.record(bought(text, workspace=MAIN, event_id=text, minor=-100))
    (row,) = csv.DictReader(io.StringIO(run("export", "--format", "csv").stdout, newline=""))
    assert row["event_id"] == row["order_id"] == f"'{visible(text)}"
    assert row["value_minor"] == "-100"
    assert json.loads(run("export").stdout)["event_id"] == text


@pytest.mark.parametrize(
    "command", ["export", "export --email ada@shop.example", "erase --order-id 1", "find --order-id 1"]
)
def test_a_workspace_that_nobody_added_is_named(room, command):
    room.record(bought("1", workspace=MAIN))
    refused = run(*command.split(), "--workspace", "hatz").exception
    assert isinstance(refused, NotFound)
    assert "There is no workspace hatz" in str(refused)
    assert room.store.erasures() == set()


def test_an_erasure_that_finds_nothing_says_so(data):
    with closing(Showroom(data)) as room:
        room.record(bought("1", workspace=MAIN, received_ms=SystemClock().now_ms()))
    told = run("erase", "--order-id", "2").stdout
    assert told.startswith("Nothing was found, so nothing was erased.")
    assert "Erased" not in told
    assert "Erased conversions: 1." in run("erase", "--order-id", "1").stdout


def test_the_audit_tells_of_erasures_and_exports_and_names_nobody(data):
    with closing(Showroom(data)) as room:
        room.record(bought("1", workspace=MAIN, received_ms=SystemClock().now_ms()))
    run("export", "--since", "2026-01-01")
    run("export", "--email", "ada@shop.example")
    receipt = json.loads(run("erase", "--email", "ada@shop.example", "--json").stdout)
    erasure = f"erasure main/{receipt['id']}"
    changes = json.loads(run("audit", "--json").stdout)
    assert [(change["what"], change["before"], change["after"]) for change in reversed(changes)][1:] == [
        ("export main", "", "stories since 2026-01-01"),
        ("export main", "", "1 conversions and 0 visits of a person, by email"),
        (erasure, "", "asked by email"),
        (erasure, "asked", "1 conversions and 1 visits erased, 0 on the wire, 0 at TikTok"),
    ]
    assert all(change["who"] for change in changes)


def test_an_erasure_that_takes_too_long_is_audited_as_asked(room, monkeypatch):
    monkeypatch.setattr("twinbeam.cli.erase._WAIT_SECONDS", 0.0)
    assert "The request is noted." in run("erase", "--order-id", "1").stdout
    assert [change["after"] for change in json.loads(run("audit", "--json").stdout)] == ["asked by order"]


def test_an_erasure_without_a_gateway_removes_nothing_before_its_time(data):
    clock = HandClock(SystemClock().now_ms() - 60 * MS_PER_DAY)
    with closing(Showroom(data, clock=clock)) as room:
        room.record(bought("1", workspace=MAIN, received_ms=clock.now_ms()))
        clock.advance(seconds=20)
        room.deliver()
    run("workspaces", "set", MAIN, "keep_days=100")
    assert "Nothing was found" in run("erase", "--email", "ben@shop.example").stdout
    (kept,) = json.loads(run("export", "--email", "ada@shop.example").stdout)["stored"]
    assert (kept["story"]["state"], len(kept["copies"])) == ("delivered", 1)
