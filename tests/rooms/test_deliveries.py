"""What is noted of what comes to the addresses of sources: bounded, about nobody, and blind to strangers' names."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import NOW_S
from door import House, a_directory
from shop_sources import DIALECTS, a_source, headers_of
from shop_systems import a_shopify_order, a_stripe_event, a_stripe_session, a_woo_order, encoded, iso
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.deliveries import MOST, NOTHING_HEARD, Delivery, hear, joined
from twinbeam.observe.deliveries import DeliveryLog, heard_of
from twinbeam.pipeline.accept.problems import MOST_SIGNED_BYTES

NOW_MS = NOW_S * 1_000
HOUR = 3_600_000


class Ears:
    """A door with a source of a system, and what it heard."""

    def __init__(self, system):
        self.system = system
        self.heard = []
        directory = replace(a_directory(), sources={"lamps": a_source(system)})
        self.house = House(
            directory=directory, dialects=DIALECTS, hear=lambda name, one: self.heard.append((name, one))
        )

    def deliver(self, body, headers=None, *, source="lamps", topic=None):
        content = body if isinstance(body, bytes) else encoded(body)
        given = headers_of(self.system, content, topic=topic) if headers is None else headers
        return self.house.post(content, given, path=f"/in/{self.system}/{source}")

    def last(self):
        name, one = self.heard[-1]
        assert name == "lamps"
        return one


@pytest.mark.parametrize(
    ("system", "body", "topic"),
    [
        ("shopify", a_shopify_order(updated_at=iso(NOW_S - 90)), "orders/updated"),
        ("woocommerce", a_woo_order(date_modified_gmt=iso(NOW_S - 90, "")), "order.updated"),
        ("stripe", a_stripe_event(a_stripe_session(), created=NOW_S - 90), "checkout.session.completed"),
    ],
)
def test_a_delivery_is_noted_with_its_topic_and_its_lag(system, body, topic):
    ears = Ears(system)
    assert ears.deliver(body).status == 202
    assert ears.last() == Delivery(NOW_MS, topic, "taken", "", 90_000)


def test_what_means_nothing_or_cannot_be_read_is_noted_with_its_reason():
    ears = Ears("shopify")
    ears.deliver({"id": 1}, topic="products/create")
    assert (ears.last().outcome, ears.last().topic) == ("not used", "products/create")
    ears.deliver(a_shopify_order(line_items={"a": 1}, email="ada@example.com"))
    assert ears.last().outcome == "unreadable"
    assert ears.last().reason.startswith("line_items: ")
    ears.deliver(b"{")
    assert ears.last().outcome == "unreadable"
    assert "JSON" in ears.last().reason


def test_what_nobody_signed_is_told_by_its_kind_alone():
    ears, body = Ears("shopify"), encoded(a_shopify_order())
    ears.deliver(body, headers_of("shopify", body, "a guess", "orders/paid"))
    assert ears.last() == Delivery(NOW_MS, "", "wrongly signed", "", None)
    ears.deliver(b"x" * (MOST_SIGNED_BYTES + 1), headers_of("shopify", b"x"))
    assert ears.last().outcome == "too large"
    ears = Ears("woocommerce")
    ears.deliver(b"webhook_id=7", {})
    assert ears.last().outcome == "ping"


def test_names_of_sources_that_there_are_not_leave_nothing():
    ears, body = Ears("shopify"), encoded(a_shopify_order())
    for source in ("", "nobody", "lamps/x", "x" * 300):
        assert ears.deliver(body, source=source).status == 401
    ears.house.post(body, headers_of("woocommerce", body), path="/in/woocommerce/lamps")
    assert ears.heard == []


def test_a_topic_that_is_none_is_not_repeated():
    ears = Ears("shopify")
    for topic in ("<script>", "x" * 65, "ada@example.com", "a b"):
        ears.deliver(a_shopify_order(), topic=topic)
        assert ears.last().topic == ""


def test_nothing_about_the_buyer_is_noted():
    for system, body in (
        ("shopify", a_shopify_order()),
        ("woocommerce", a_woo_order()),
        ("stripe", a_stripe_event(a_stripe_session())),
    ):
        ears = Ears(system)
        ears.deliver(body)
        told = {"object": {"id": "x", "amount_total": "Lovelace", "payment_intent": "pi_1", "currency": "eur"}}
        ears.deliver(body | {"line_items": "Lovelace", "data": told})
        assert [one.outcome for _, one in ears.heard] == ["taken", "unreadable"]
        assert not [word for word in ("lovelace", "@", "203.0") if word in repr(ears.heard).lower()]


def test_strangers_push_no_delivery_out_of_the_list():
    heard = hear(NOTHING_HEARD, Delivery(NOW_MS, "orders/paid", "taken", "", 5_000))
    for n in range(1_000):
        heard = hear(heard, Delivery(NOW_MS + n, "", "wrongly signed"))
    assert [one.topic for one in heard.last] == ["orders/paid"]
    assert heard.unsigned_of("wrongly signed", NOW_MS) == 1_000
    assert heard.unsigned_of("wrongly signed", NOW_MS + 2 * MS_PER_DAY) == 0


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=60), st.floats(0.05, 1))
def test_a_lag_is_told_to_a_tenth_of_it(lags, share):
    heard = NOTHING_HEARD
    for lag in lags:
        heard = hear(heard, Delivery(NOW_MS, "", "taken", "", lag))
    rank = -(-len(lags) * share // 1)
    exact = sorted(lags)[max(0, int(rank) - 1)]
    told = heard.lag_ms(share, NOW_MS)
    assert exact * 0.9 - 2 <= told <= exact * 1.11 + 2


def test_lags_of_more_than_a_day_ago_count_no_more():
    heard = hear(NOTHING_HEARD, Delivery(NOW_MS, "", "taken", "", 5_000))
    assert heard.lag_ms(0.5, NOW_MS + 23 * HOUR) is not None
    assert heard.lag_ms(0.5, NOW_MS + 25 * HOUR) is None


_ONE = st.builds(
    Delivery,
    st.integers(NOW_MS, NOW_MS + 9 * MS_PER_DAY),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["taken", "not used", "wrongly signed", "ping"]),
    st.just(""),
    st.none() | st.integers(0, 10**6),
)


@given(st.lists(st.tuples(st.integers(0, 2), _ONE), max_size=40))
def test_what_several_processes_heard_adds_up(tmp_path_factory, said):
    folder = tmp_path_factory.mktemp("data")
    logs = [DeliveryLog(folder, slot) for slot in range(3)]
    for slot, one in said:
        logs[slot].hear("lamps", one)
        logs[slot].hear("removed", one)
    for log in logs:
        log.flush({"lamps"})
    found = heard_of(folder)
    assert set(found) <= {"lamps"}
    signed = [one for _, one in said if one.outcome in ("taken", "not used")]
    if said:
        assert found["lamps"].signed == len(signed)
        assert len(found["lamps"].last) == min(MOST, len(signed))
        assert found["lamps"] == joined([found["lamps"]])


def test_a_log_outlives_its_process_and_bears_a_damaged_file(tmp_path):
    log = DeliveryLog(tmp_path, 0)
    log.hear("lamps", Delivery(NOW_MS, "a", "taken"))
    log.flush({"lamps"})
    again = DeliveryLog(tmp_path, 0)
    again.hear("lamps", Delivery(NOW_MS + 1, "b", "taken"))
    again.flush({"lamps"})
    assert [one.topic for one in heard_of(tmp_path)["lamps"].last] == ["b", "a"]
    (tmp_path / "deliveries-0.json").write_bytes(b'{"lamps": ')
    (tmp_path / "deliveries-1.json").write_bytes(b"\xff\x00")
    assert heard_of(tmp_path) == {}
    DeliveryLog(tmp_path, 0).flush({"lamps"})


def test_the_file_of_a_busy_source_stays_small(tmp_path):
    log = DeliveryLog(tmp_path, 0)
    for n in range(5_000):
        log.hear("lamps", Delivery(NOW_MS + n * 20_000, "orders/updated", "taken", "x" * 100, n * 997))
        log.hear("lamps", Delivery(NOW_MS + n * 200_000, "", "wrongly signed"))
    log.flush({"lamps"})
    assert (tmp_path / "deliveries-0.json").stat().st_size < 64_000
    assert json.loads((tmp_path / "deliveries-0.json").read_bytes())["lamps"]["signed"] == 5_000


def test_what_is_rejected_is_told_with_its_sender_and_strangers_count_nowhere():
    told = []
    house = House(count_rejected=lambda sender, rejected: told.append((sender.source, [it.code for it in rejected])))
    whole = {"event": "Lead", "event_id": "1", "event_time": NOW_S}
    wrong = {"event": "Lead"}
    house.post(encoded({"events": [whole, wrong]}))
    house.post(encoded({"events": [wrong]}))
    assert [len(codes) for _, codes in told] == [1, 1]
    assert len({source for source, _ in told}) == 1
    house.post(encoded({"events": [whole]}))
    house.post(encoded({"events": [wrong]}), {"authorization": "Bearer nobody"})
    assert len(told) == 2
