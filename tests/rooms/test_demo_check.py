"""The separate checker: it must see every way in which a gateway could fail, and nothing where there is nothing."""

import base64
import hashlib
import json
import random
import sys
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest

from twinbeam.demo.pace import Pace
from twinbeam.demo.shop import plan
from twinbeam.demo.truth import truth_of

sys.path.insert(0, str(Path(__file__).parents[2] / "demo"))

import check
import ledger
import search

import sabotage

TRUTH = json.loads(json.dumps(truth_of(plan(random.Random(3), 60, Pace(24)), seed=3, pixel="P")))
VISITORS = {visitor["visitor_id"]: visitor for visitor in TRUTH["visitors"]}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sent(order: dict, **changes) -> dict:
    """A copy on the wire, as a sound gateway sends it; after a refusal, what the script had sent before."""
    visitor = VISITORS[order["visitor_id"]]
    user = {"email": [sha(visitor["email"])], "phone": sha(visitor["phone"]), "ttclid": visitor["ttclid"]}
    body = {"user": user, "properties": {"order_id": order["order_id"]}}
    channel = "browser" if order.get("by_script") and not order["permitted"] else "server"
    copy = {"event": "Purchase", "event_id": f"order:{order['order_id']}", "channel": channel, "body": body}
    return copy | changes


def counted(order: dict, **changes) -> dict:
    shown = {"event": "Purchase", "event_id": f"order:{order['order_id']}", "order_id": order["order_id"]}
    return shown | {"value": float(order["value"]), "currency": order["currency"]} | changes


ORDERS = [*TRUTH["orders"], *TRUTH["system_orders"]]
DUE = [order for order in ORDERS if order["counts"]]
REFUSED = [order for order in ORDERS if VISITORS[order["visitor_id"]]["refused"]]
OTHERS = [
    {"event": other["event"], "event_id": other["event_id"], "order_id": None}
    for other in TRUTH["others"]
    if other["counts"]
]


def judge(purchases: list[dict] | None = None, copies: list[dict] | None = None, finds: int = 0) -> check.Report:
    purchases = [counted(order) for order in DUE] if purchases is None else purchases
    copies = [sent(order) for order in DUE] if copies is None else copies
    return check.compare(TRUTH, [*purchases, *OTHERS], copies, finds, 0)


def broken(report: check.Report) -> set[str]:
    return {name for name in (*check.PROMISED_ZERO, *check.ALSO_ZERO) if report[name]}


def test_a_sound_run_breaks_nothing():
    report = judge()
    assert check.failures(report, TRUTH["kinds"]) == []
    assert report["counted"] == report["consented"] == report["received"] == len(DUE)


def test_the_nine_numbers_come_first_and_in_their_order():
    assert list(judge())[:9] == [
        "orders",
        "consented",
        "received",
        "counted",
        "duplicates_counted",
        "lost",
        "value_difference",
        "raw_identifiers_on_disk",
        "sent_without_consent",
    ]


def test_an_order_that_is_not_counted_is_lost():
    report = judge(purchases=[counted(order) for order in DUE[1:]])
    assert broken(report) == {"lost"}
    assert report["lost"] == 1


def test_an_order_counted_under_two_ids_is_a_duplicate():
    report = judge(purchases=[*(counted(order) for order in DUE), counted(DUE[0], event_id="another")])
    assert broken(report) == {"duplicates_counted"}


@pytest.mark.parametrize("off", [0.01, -1, 1_000])
def test_a_value_that_is_off_by_anything_shows(off):
    wrong = counted(DUE[0], value=float(DUE[0]["value"]) + off)
    report = judge(purchases=[wrong, *(counted(order) for order in DUE[1:])])
    assert broken(report) == {"value_difference"}


def test_the_right_number_in_the_wrong_currency_is_off():
    wrong = counted(DUE[0], currency="XXX")
    assert broken(judge(purchases=[wrong, *(counted(order) for order in DUE[1:])])) == {"value_difference"}


def test_errors_of_opposite_sign_do_not_cancel_out():
    high, low = (counted(order, value=float(order["value"]) + off) for order, off in zip(DUE, (5, -5), strict=False))
    report = judge(purchases=[high, low, *(counted(order) for order in DUE[2:])])
    assert report["value_difference"] == pytest.approx(10)


def test_a_refused_order_on_the_wire_is_seen_by_its_order_id():
    report = judge(copies=[*(sent(order) for order in DUE), sent(REFUSED[0])])
    assert report["sent_without_consent"] == 1


def test_a_refused_visitor_is_seen_by_match_keys_even_without_the_order_id():
    stripped = sent(REFUSED[0])
    stripped["body"]["properties"] = {}
    assert judge(copies=[*(sent(order) for order in DUE), stripped])["sent_without_consent"] == 1


def test_an_order_nobody_placed_is_not_passed_over():
    stranger = counted(DUE[0], order_id="TB-NOBODY", event_id="x")
    report = judge(purchases=[*(counted(order) for order in DUE), stranger])
    assert check.failures(report, TRUTH["kinds"])


def test_a_forged_purchase_on_the_wire_is_seen_by_its_order_or_by_whose_name_it_bears():
    forged = {**TRUTH["forged"][0], "counts": False}
    nameless, stripped = sent(forged), sent(forged)
    nameless["body"]["user"] = {}
    stripped["body"]["properties"] = {}
    for copy in (nameless, stripped):
        assert broken(judge(copies=[*(sent(order) for order in DUE), copy])) == {"forged_received"}


def test_after_a_refusal_only_what_the_script_had_reported_may_stand():
    order = {**DUE[0], "permitted": False, "by_script": True}
    truth = {**TRUTH, "orders": [order, *(it for it in TRUTH["orders"] if it["order_id"] != order["order_id"])]}
    purchases = [*(counted(it) for it in DUE), *OTHERS]
    rest = [sent(it) for it in DUE[1:]]
    script, gateway = sent(order), sent(order, channel="server")
    assert check.compare(truth, purchases, [script, *rest], 0, 0)["sent_without_consent"] == 0
    assert check.compare(truth, purchases, [script, gateway, *rest], 0, 0)["sent_without_consent"] == 1


def test_two_names_for_one_purchase_show():
    other = sent(DUE[0], event="CompletePayment", channel="browser")
    assert broken(judge(copies=[*(sent(order) for order in DUE), other])) == {"names_apart"}


def test_a_plain_identifier_on_the_wire_shows():
    plain = sent(DUE[0])
    plain["body"]["user"]["email"] = [VISITORS[DUE[0]["visitor_id"]]["email"]]
    assert broken(judge(copies=[plain, *(sent(order) for order in DUE[1:])])) >= {"unhashed_identifiers"}


def test_a_hash_of_another_spelling_shows():
    wrong = sent(DUE[0])
    wrong["body"]["user"]["phone"] = sha(VISITORS[DUE[0]["visitor_id"]]["phone"].removeprefix("+"))
    assert broken(judge(copies=[wrong, *(sent(order) for order in DUE[1:])])) == {"wrong_identifiers"}


def test_a_lost_view_shows():
    report = check.compare(TRUTH, [*(counted(order) for order in DUE), *OTHERS[1:]], [sent(it) for it in DUE], 0, 0)
    assert broken(report) == {"others_lost"}


@pytest.mark.parametrize("share", [0.59, 0.81])
def test_a_run_of_mostly_one_answer_proves_nothing(share):
    report = judge()
    number = round(share * report["orders"])
    one_sided = {**report, "consented": number, "counted": number}
    assert any("share" in sentence for sentence in check.failures(one_sided, TRUTH["kinds"]))


def test_a_run_without_trouble_proves_nothing():
    calm = {**judge(), "blocked": 0}
    assert any("blocked" in sentence for sentence in check.failures(calm, TRUTH["kinds"]))


VISITOR = {
    "email": "grün.kelm@lantern.example",
    "phone": "+4915123456789",
    "external_id": "customer-12345678",
    "typed": {"email": [" Grün.Kelm@Lantern.Example"], "phone": ["(0151) 234-56789"], "name": ["  ÖZKERLINDE "]},
}


@pytest.mark.parametrize(
    "written",
    [
        b"\x00Gr\xc3\xbcn.Kelm@Lantern.Example\x01",
        "grün.kelm@lantern.example",
        "0151 is not it, but (0151) 234-56789 is",
        "015123456789",
        "4915123456789",
        "+4915123456789",
        quote("+4915123456789"),
        quote("grün.kelm@lantern.example"),
        quote("grün.kelm@lantern.example").lower(),
        json.dumps({"name": "özkerlinde"}),
        json.dumps({"name": "ÖZKERLINDE"}),
        base64.b64encode("ab özkerlinde!".encode()),
        base64.urlsafe_b64encode(b'{"phone":"+4915123456789"}'),
        "customer-12345678",
    ],
)
def test_every_spelling_of_an_identifier_is_found(tmp_path, written):
    data = written if isinstance(written, bytes) else written.encode()
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "store.db-wal").write_bytes(random.Random(1).randbytes(1_200_000) + data + b"tail")
    assert search.search([tmp_path], search.patterns_of([VISITOR]))


@pytest.mark.parametrize("edge", [(1 << 20) - 12, (1 << 20) - 8, (1 << 20) - 1, 1 << 20, 0])
def test_a_find_across_the_edge_of_a_window_is_no_less_a_find(tmp_path, edge):
    (tmp_path / "file").write_bytes(b"." * edge + b"customer-12345678" + b"." * 100)
    assert {find.spelling for find in search.search([tmp_path], search.patterns_of([VISITOR]))} == {"customer-12345678"}


def test_hashes_and_noise_hold_no_identifier(tmp_path):
    (tmp_path / "hashes").write_text(sha("grün.kelm@lantern.example") * 100)
    (tmp_path / "noise").write_bytes(random.Random(2).randbytes(1_500_000))
    assert search.search([tmp_path], search.patterns_of([VISITOR])) == []


def a_batch(*names: str) -> dict:
    return {
        "data": [
            {"event": name, "event_id": name, "properties": {"value": 5, "order_id": f"{name} {number}"}}
            for number, name in enumerate(names)
        ]
    }


def test_sabotage_waits_for_a_purchase_that_only_the_gateway_reports_and_strikes_once():
    tamper = sabotage.Once(sabotage.drop, {"Purchase 1", "ViewContent 0"})
    assert tamper(a_batch("ViewContent")) == [a_batch("ViewContent")]
    assert tamper(a_batch("Purchase")) == [a_batch("Purchase")]
    assert tamper(a_batch("ViewContent", "Purchase")) == []
    assert tamper(a_batch("ViewContent", "Purchase")) == [a_batch("ViewContent", "Purchase")]


def test_doubling_keeps_the_events_and_changes_their_ids():
    first, second = sabotage.double(a_batch("Purchase"), [])
    assert first == a_batch("Purchase")
    assert second["data"][0]["event_id"] != "Purchase"


def test_a_changed_value_is_that_of_the_purchase_it_strikes():
    tamper = sabotage.Once(sabotage.change_value, {"Purchase 1"})
    ((one, two),) = [body["data"] for body in tamper(a_batch("Purchase", "Purchase"))]
    assert (one["properties"]["value"], two["properties"]["value"]) == (5, 6)


def test_false_confirmations_come_with_the_servers_first_permitted_purchase():
    tamper = sabotage.Confirm(["made up"])
    denied, granted = (
        {"events": [{"event": "Purchase", "order_id": "real", "consent": {"ad_storage": said}}]}
        for said in ("denied", "granted")
    )
    page = {"events": [{"event": "Purchase", "properties": {"order_id": "real"}, "consent": {"ad_storage": "granted"}}]}
    assert [tamper(body) for body in (denied, page)] == [[denied], [page]]
    (confirmed,) = tamper(granted)
    assert [item["order_id"] for item in confirmed["events"]] == ["real", "made up"]
    assert tamper(granted) == [granted]


def test_ungating_rewrites_every_copy_of_the_orders_it_chose_and_no_others():
    tamper = sabotage.Ungate()

    def after(order: str) -> str:
        item = {"event": "Purchase", "order_id": order, "consent": {"ad_storage": "denied"}}
        return tamper({"events": [item]})[0]["events"][0]["consent"]["ad_storage"]

    assert [after(order) for order in "abcdab"] == ["granted", "granted", "granted", "denied", "granted", "granted"]


def told_by_the_ledger() -> list[dict[str, str]]:
    """What a sound ledger says: a row for each order will do."""
    rows = []
    for order in TRUTH["system_orders"]:
        value, back = Decimal(order["value"]), Decimal(order["refunded"])
        result = "accepted" if order["counts"] else "ignored"
        counts = {"orders": 1, "accepted": 0, "ignored": 0, "missing": 0} | {result: 1}
        money = {"value": value, "refunded": back, "net": value - back if order["stands"] else 0}
        rows.append({name: str(it) for name, it in (order | counts | money).items()})
    return rows


def apart(rows: list[dict[str, str]]) -> set[str]:
    return {name for name in ledger.ALSO_ZERO if ledger.compare(TRUTH, rows)[name]}


def test_a_sound_ledger_is_not_apart_from_the_truth():
    assert apart(told_by_the_ledger()) == set()
    assert ledger.compare(TRUTH, told_by_the_ledger())["ledger_orders"] == len(TRUTH["system_orders"])


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"accepted": "0", "missing": "1"}, {"ledger_miscounted"}),
        ({"value": "1"}, {"ledger_value_difference"}),
        ({"refunded": "1000"}, {"ledger_refund_difference"}),
        ({"net": "-5"}, {"ledger_refund_difference"}),
        ({"source": "another"}, set(ledger.ALSO_ZERO)),
        ({"currency": "XXX"}, set(ledger.ALSO_ZERO)),
    ],
)
def test_whatever_the_ledger_has_wrong_shows(change, seen):
    rows = told_by_the_ledger()
    place = next(n for n, order in enumerate(TRUTH["system_orders"]) if order["counts"])
    rows[place] |= change
    assert seen <= apart(rows)
    assert apart(rows) <= seen | {"ledger_refund_difference"}


def test_an_order_that_the_ledger_lacks_shows():
    assert "ledger_miscounted" in apart(told_by_the_ledger()[1:])
