"""A short month through the gateway: what reaches a door is counted once, with its value, and with consent only."""

import msgspec
import pytest
from month.door import DEDUP_WINDOW, NEVER_CONFIRMED, NO_DOOR
from month.play import GATEWAY, OWN_IDS, PIXEL_ONLY, SERVER_ONLY, WITH_LISTS
from month.tally import Month

from simulated import a_month

CONVERSIONS = 500

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    return a_month(tmp_path_factory.mktemp("month"), CONVERSIONS)


@pytest.fixture(scope="module")
def month(played):
    return msgspec.json.decode(played.result.read_bytes(), type=Month)


@pytest.fixture
def set_ups(month):
    return {it.name: it for it in month.set_ups}


@pytest.mark.sources("month", "own-ids", "ungated")
def test_what_reaches_a_door_is_counted_once(played, month, record_property):
    record_property("figures", played.lines[-1])
    assert played.status == 0, played.said
    n = month.consented.n
    nothing = "unexplained 0, doubled 0, without consent 0, value error 0.00 %"
    assert played.lines[-1] == f"month: reached a door {n}, counted {n}, {nothing}"


def test_set_ups_side_by_side_differ_as_their_rules_say(month, set_ups):
    assert list(set_ups) == [PIXEL_ONLY, SERVER_ONLY, OWN_IDS, GATEWAY, WITH_LISTS]
    assert set_ups[PIXEL_ONLY].counted.n < set_ups[SERVER_ONLY].counted.n < month.consented.n
    assert set_ups[SERVER_ONLY].without_consent.n > month.conversions / 5
    assert set_ups[OWN_IDS].doubles.n > month.conversions / 5
    assert set_ups[GATEWAY].counted.n >= set_ups[SERVER_ONLY].counted.n
    assert set_ups[GATEWAY].with_key.n > set_ups[SERVER_ONLY].with_key.n
    assert month.keys_recovered.n > 0


def test_what_is_lost_has_the_reason_that_the_gateway_gives(month, set_ups):
    assert set_ups[GATEWAY].lost.keys() <= {NEVER_CONFIRMED, DEDUP_WINDOW, NO_DOOR}
    assert set_ups[WITH_LISTS].lost == {}
    for it in month.set_ups:
        assert it.counted.n + sum(lost.n for lost in it.lost.values()) == month.consented.n


def test_what_was_recovered_adds_up(month, set_ups):
    gained = set_ups[GATEWAY].counted.n - set_ups[PIXEL_ONLY].counted.n
    assert sum(it.n for it in month.recovered.values()) == gained > 0


def test_the_plot_names_every_set_up_with_its_numbers(played, month):
    plot = played.result.with_suffix(".svg").read_text()
    for it in month.set_ups:
        assert f">{it.name}<" in plot
        assert f"{it.name}: counted once {it.counted.n:,}, counted again {it.doubles.n:,}" in plot


@pytest.mark.parametrize(
    ("sabotage", "told"),
    [("own-ids", f"FAILED: {GATEWAY}: doubled"), ("ungated", f"FAILED: {GATEWAY}: without consent")],
)
def test_a_promise_that_is_broken_is_found(tmp_path, sabotage, told):
    done = a_month(tmp_path, 60, sabotage=sabotage)
    assert done.status == 1, done.said
    assert told in done.said


@pytest.mark.long
@pytest.mark.parametrize("seed", [11, 12])
def test_a_longer_month_is_counted_as_well(tmp_path, seed):
    done = a_month(tmp_path, 4_000, seed=seed)
    assert done.status == 0, done.said
