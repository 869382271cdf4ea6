"""A real shop's orders: the first days of the public Online Retail data set, where the file is present."""

import os
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from importing import recorded, rows_of, said
from twinbeam.orders.state import state_of

#: Where the variable says; Daqing Chen (2015), https://doi.org/10.24432/C5BW33.
PLACE = Path(os.environ.get("ONLINE_RETAIL_CSV") or "/nowhere")
CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.mark.shops("retail")
@pytest.mark.skipif(not PLACE.exists(), reason="the data set is not here; see ONLINE_RETAIL_CSV")
def test_a_real_shops_orders_are_read_line_by_line(tmp_path, monkeypatch, record_property):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setenv("TWINBEAM_DISK_RESERVE_MB", "1")
    said("pixels", "add", CODE)
    words = ("import", "orders", str(PLACE), "--currency", "GBP")
    dry = said(*words)
    assert "order_id         is read from InvoiceNo" in dry
    assert "Nothing was imported" in dry
    assert "records; a running gateway" in said(*words, "--yes")
    assert "Nothing was left to import." in said(*words, "--yes")
    store = recorded()
    rows = rows_of(store)
    states = [state_of(row.facts) for row in rows]
    store.close()
    kinds = Counter(state.kind for state in states)
    value = sum((state.money["value"].amount for state in states if not state.kind), Decimal(0))
    figures = f"retail: orders {kinds['']}, ignored {kinds['no_order']}, value {value:.2f}"
    record_property("figures", figures)
    assert figures == "retail: orders 372, ignored 84, value 164339.39"
    assert {state.money["value"].currency for state in states} == {"GBP"}
    sent = said(*words, "--shift-dates", "--pixel", CODE, "--consent-basis", "terms", "--may-double-count")
    assert "       372 go to TikTok" in sent
