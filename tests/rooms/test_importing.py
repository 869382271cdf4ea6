"""`twinbeam import`: what a dry run tells is what a run does, and a second run changes nothing."""

import json
import time

import pytest

from importing import recorded, rows_of, said
from twinbeam.app.file_import import JOURNAL, Importer
from twinbeam.core.errors import StorageBusy
from twinbeam.core.rules import ConsentRules, PixelRules
from twinbeam.engines.stores.tables.orders import OrderTable
from twinbeam.orders.state import state_of

CODE = "C4A5B6C7D8E9F0G1H2I3"
RULES = PixelRules(consent=ConsentRules(policy="require"))
HOUR = 3_600


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setenv("TWINBEAM_DISK_RESERVE_MB", "1")
    said("pixels", "add", CODE, "--consent", "require")
    return tmp_path


def a_file(data, *rows, name="orders.csv"):
    path = data / name
    header = list(dict.fromkeys(key for row in rows for key in row))
    lines = [",".join(header), *(",".join(str(row.get(key, "")) for key in header) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def ago(hours):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - hours * HOUR))


def conversions(store):
    sql = "SELECT order_id, state, reason FROM conversion WHERE order_id <> '' ORDER BY order_id"
    return store._db.execute(sql).fetchall()


def test_each_order_has_the_verdict_that_the_dry_run_tells(data):
    rows = [
        {
            "Order": "1",
            "Total": "10.00",
            "Currency": "EUR",
            "Paid at": ago(1),
            "Email": "ada@shop.example",
            "Consent": "granted",
        },
        {"Order": "2", "Total": "20.00", "Currency": "EUR", "Paid at": ago(1), "Consent": "denied"},
        {"Order": "3", "Total": "30.00", "Currency": "EUR", "Paid at": ago(1)},
        {"Order": "4", "Total": "40.00", "Currency": "EUR", "Paid at": ago(60), "Consent": "granted"},
        {"Order": "5", "Total": "50.00", "Currency": "EUR", "Paid at": ago(200), "Consent": "granted"},
        {"Order": "6", "Total": "0.00", "Currency": "EUR", "Paid at": ago(1), "Consent": "granted"},
        {"Order": "7", "Total": "much", "Currency": "EUR", "Paid at": ago(1), "Consent": "granted"},
    ]
    file = a_file(data, *rows)
    told = said("import", "orders", file, "--map", "consent=Consent", "--pixel", CODE)
    for sentence in (
        "1 go to TikTok",
        "1 go into the ledger alone: the buyer declined",
        "1 go into the ledger alone: no column and no --consent-basis",
        "1 go into the ledger alone: older than 47 hours",
        "1 go into the ledger alone: TikTok takes no event that is older than 7 days",
        "1 go into the ledger alone: cancelled, or worth nothing",
        "1 are left out",
        "1 of them, first in line 8: value: Write an amount without its currency, such as 89.90.",
    ):
        assert sentence in told
    assert said("import", "orders", file, "--map", "consent=Consent", "--pixel", CODE, "--yes").endswith(
        "1 were left out, as said above.\n"
    )
    store = recorded(RULES)
    assert sorted(row.place.order_id for row in rows_of(store)) == ["1", "2", "3", "4", "5", "6"]
    assert [(order, state) for order, state, _ in conversions(store)] == [("1", "ready")]
    store.close()


def test_what_is_older_than_47_hours_goes_where_no_copy_can_have_gone_out(data):
    file = a_file(
        data, {"order_id": "4", "value": "40.00", "currency": "EUR", "paid_at": ago(60), "consent": "granted"}
    )
    assert "1 go into the ledger alone: older" in said("import", "orders", file, "--pixel", CODE)
    assert "1 go to TikTok" in said("import", "orders", file, "--pixel", CODE, "--may-double-count")
    said("pixels", "set", CODE, "ways.Purchase=server")
    assert "1 go to TikTok" in said("import", "orders", file, "--pixel", CODE)


def test_a_basis_never_overrides_a_refusal(data):
    order = {"order_id": "1", "value": "10.00", "currency": "EUR", "paid_at": ago(1), "visitor_id": "v1"}
    refused = {"visitor_id": "v1", "consent": {"ad_storage": "denied", "ad_user_data": "denied"}}
    said_no = {"event": "Pageview", "event_time": int(time.time()) - HOUR, "event_id": "p1"} | refused
    events = data / "events.jsonl"
    events.write_text(json.dumps(said_no) + "\n")
    words = ("--pixel", CODE, "--consent-basis", "terms", "--yes")
    assert "1 are left out: the buyer declined" in said("import", "events", str(events), *words)
    yes = {
        "event": "Search",
        "event_time": int(time.time()) - 2 * HOUR,
        "visitor_id": "v1",
        "user.email": "a@b.example",
    }
    said("import", "events", a_file(data, yes, name="events.csv"), *words)
    said("import", "orders", a_file(data, order), *words)
    store = recorded(RULES)
    assert [
        (order, state) for order, state, _ in conversions(store)
    ] == []  # refused by its visit, so nothing of it is kept
    store.close()


def test_a_file_that_is_imported_twice_or_goes_on_changes_nothing(data, monkeypatch):
    rows = [{"order_id": str(n), "value": "10.00", "currency": "EUR", "paid_at": ago(1)} for n in range(1, 1_201)]
    file = a_file(data, *rows)
    words = ("import", "orders", file, "--pixel", CODE, "--consent-basis", "terms", "--yes")
    take, left = Importer._take, [2]

    def dies(importer, readings, routing):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        take(importer, readings, routing)

    monkeypatch.setattr(Importer, "_take", dies)
    said(*words)
    monkeypatch.setattr(Importer, "_take", take)
    assert "1000 records are imported already; going on behind them." in said(*words)
    store = recorded(RULES)
    assert len(rows_of(store)) == 1_200
    assert len(conversions(store)) == 1_200
    before = [(row.facts, state_of(row.facts)) for row in rows_of(store)]
    store.close()
    said(*words)
    said(*words, "--currency", "USD")  # understood otherwise, so it begins anew
    store = recorded(RULES)
    assert [(row.facts, state_of(row.facts)) for row in rows_of(store)] == before
    assert len(conversions(store)) == 1_200
    store.close()


def test_what_cannot_be_mapped_is_said(data):
    file = a_file(data, {"Nothing": "1", "Total": "10"})
    assert "No column holds the order's number" in said("import", "orders", file)
    assert "There is no such column: order_id=Missing. The file has: Nothing, Total." in said(
        "import", "orders", file, "--map", "order_id=Missing"
    )
    assert "There is no such field: number=Total" in said("import", "orders", file, "--map", "number=Total")
    assert "No column says when: say --map placed_at=COLUMN" in said(
        "import", "orders", file, "--map", "order_id=Nothing"
    )
    assert "Events need a pixel" in said("import", "events", file)


def test_a_column_of_strangers_moves_no_terminal(data):
    file = data / "strangers.csv"
    file.write_text("\u202eorder_id,total,currency\n1,10,EUR\n", encoding="utf-8")
    told = said("import", "orders", str(file))
    assert "\\u202eorder_id" in told
    assert "\u202e" not in told


def test_what_was_sent_or_refused_before_is_told_and_goes_nowhere(data):
    def an_order(number, **more):
        return {"order_id": number, "value": "10.00", "currency": "EUR", "paid_at": ago(1)} | more

    first = a_file(data, an_order("1", consent="granted"), an_order("2", consent="denied"), name="first.csv")
    said("import", "orders", first, "--pixel", CODE, "--yes")
    recorded(RULES).close()
    again = a_file(data, an_order("1"), an_order("2"), an_order("3"))
    told = said("import", "orders", again, "--pixel", CODE, "--consent-basis", "terms", "--yes")
    assert "1 go to TikTok" in told
    assert "1 go into the ledger alone: they were sent already, or are on their way" in told
    assert "1 go into the ledger alone: a refusal of the buyer is recorded, which nothing overrides" in told
    store = recorded(RULES)
    assert [(order, state) for order, state, _ in conversions(store)] == [("1", "ready"), ("3", "ready")]
    store.close()


def test_a_rehearsal_that_was_cut_off_moves_dates_as_before(data, monkeypatch):
    rows = [{"order_id": str(n), "value": "10.00", "currency": "EUR", "paid_at": ago(9_000)} for n in range(1, 1_001)]
    words = ("import", "orders", a_file(data, *rows), "--pixel", CODE, "--consent-basis", "terms", "--shift-dates")
    assert "1000 go to TikTok" in said(*words)
    take, left = Importer._take, [1]

    def dies(importer, readings, routing):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        take(importer, readings, routing)

    monkeypatch.setattr(Importer, "_take", dies)
    said(*words, "--yes")
    monkeypatch.setattr(Importer, "_take", take)
    time.sleep(1.1)
    assert "500 records are imported already; going on behind them." in said(*words, "--yes")
    store = recorded(RULES)
    assert len({state_of(row.facts).since_ms["paid"] for row in rows_of(store)}) == 1
    assert len(conversions(store)) == 1_000
    store.close()


def test_lines_of_an_order_that_are_apart_stop_the_import(data):
    line = {"currency": "EUR", "paid_at": ago(1), "quantity": "1"}
    rows = [{"order_id": number, "price": price} | line for number, price in (("1", "5"), ("2", "6"), ("1", "7"))]
    told = said("import", "orders", a_file(data, *rows), "--yes")
    assert "Nothing was imported: in line 4 lines of an order go on that stood before" in told
    assert not (data / "data" / JOURNAL).exists()


def test_a_store_that_is_busy_stops_no_import(data, monkeypatch):
    rows = [{"order_id": str(n), "value": "10.00", "currency": "EUR", "paid_at": ago(1)} for n in range(1, 1_601)]
    words = ("import", "orders", a_file(data, *rows), "--pixel", CODE, "--consent-basis", "terms", "--yes")
    note, busy = OrderTable.note_import, [True, False, True, True, False]

    def noted(table, *progress):
        if busy and busy.pop(0):
            raise StorageBusy("the store is busy")
        note(table, *progress)

    monkeypatch.setattr(OrderTable, "note_import", noted)
    assert "Imported 1600 records" in said(*words)
    assert "1600 records are imported already" in said(*words)
    assert busy == []
    store = recorded(RULES)
    assert len(rows_of(store)) == 1_600
    store.close()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{}, {}], "Nothing was imported: all records were left out"),
        ([{}, {"ad_storage": "granted", "ad_user_data": "granted"}], "Imported 1 records; "),
    ],
)
def test_events_that_are_left_out_are_not_said_to_be_imported(data, rows, told):
    lines = [
        {"event": "Lead", "event_id": f"lead-{n}", "event_time": int(time.time()) - 60, "consent": said_of_consent}
        for n, said_of_consent in enumerate(rows)
    ]
    file = data / "events.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    printed = said("import", "events", str(file), "--pixel", CODE, "--yes")
    assert told in printed
    assert ("1 were left out" in printed) is (len(set(map(bool, rows))) == 2)
