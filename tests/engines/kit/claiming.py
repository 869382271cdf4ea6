"""
Whose word counts where only an order id, or an event id, ties two copies together.

`visitor` is a token that strangers cannot guess; a browser that names the order alone claims to belong to it.
"""

from typing import Any

from engines.kit.harness import Harness
from signals import (
    BROWSER,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    a_refusal,
    a_signal,
    a_statement,
    an_email,
    an_undecided,
    carried,
    denied,
    granted,
)
from twinbeam.core.values import Signal

_ORDERS = [str(number) for number in range(1001, 1051)]


def _bought(order: str, **changes: Any) -> Signal:
    """Build the server's word on an order that it calls permitted; it names nothing but the order."""
    return a_signal(order, **{"order_id": order, "value": 49.0, "currency": "EUR"} | changes)


def _stranger(order: str, *, refuses: bool = False, **changes: Any) -> Signal:
    """Build the word of a browser that names somebody's order, from a visit of its own."""
    said = {"order_id": order, "channel": BROWSER, "visitor": "stranger", "address": 7, "value": 1.0, "currency": "USD"}
    return (a_refusal if refuses else a_signal)(order, **said | changes)


def _look(event_id: str, *, refuses: bool = False, **changes: Any) -> Signal:
    """Build what the stranger's browser reports on the way to an order, of which it names none."""
    return _stranger(event_id, refuses=refuses, event="ViewContent", order_id="", **changes)


def _sent(h: Harness) -> dict[str, float]:
    return {event["event_id"]: event["properties"]["value"] for event in _carried(h)}


def _carried(h: Harness) -> list[dict[str, Any]]:
    """Lease what is due once nobody waits for a second copy any more."""
    h.clock.advance(seconds=11)
    return carried(h.lease())


def a_strangers_refusal_means_nothing_where_the_server_names_the_visit(h: Harness) -> None:
    h.take(*[_stranger(order, refuses=True) for order in _ORDERS])
    h.take(*[_bought(order, visitor=f"v-{order}") for order in _ORDERS])
    assert _sent(h) == dict.fromkeys(_ORDERS, 49.0)


def a_stranger_who_came_later_means_nothing_either(h: Harness) -> None:
    h.take(*[_bought(order, visitor=f"v-{order}") for order in _ORDERS])
    h.take(*[_stranger(order, refuses=True) for order in _ORDERS])
    h.take(*[_stranger(order, native="sent", event_time=NOW // 1_000 - 170_000) for order in _ORDERS])
    assert _sent(h) == dict.fromkeys(_ORDERS, 49.0)


def without_a_token_a_few_refusals_an_hour_are_believed(h: Harness) -> None:
    h.take(*[_stranger(order, refuses=True) for order in _ORDERS])
    h.take(*[_bought(order) for order in _ORDERS])
    states = h.store.states()
    assert states["held"] == 5
    assert h.counted("held", "consent_contested") == 5
    assert len(_sent(h)) == 45


def many_visits_of_one_address_share_its_limit(h: Harness) -> None:
    h.take(*[_stranger(order, refuses=True, visitor=f"v-{order}") for order in _ORDERS])
    h.take(*[_bought(order) for order in _ORDERS])
    assert h.counted("held", "consent_contested") == 30


def the_limit_is_by_the_hour(h: Harness) -> None:
    h.take(*[_stranger(order, refuses=True) for order in _ORDERS[:10]])
    h.clock.advance(ms=HOUR)
    h.take(*[_stranger(order, refuses=True, received_ms=h.now()) for order in _ORDERS[10:20]])
    h.take(*[_bought(order, received_ms=h.now()) for order in _ORDERS[:20]])
    assert h.counted("held", "consent_contested") == 10


def what_a_visit_looks_at_uses_up_nothing_of_its_orders(h: Harness) -> None:
    looks = [_look(f"l-{n}", native="sent") for n in range(8)]
    h.take(*looks, _stranger("1001"))
    h.delivered(h.lease())
    h.take(_stranger("1002", pixel="CONFIRMED"))
    h.take(a_statement(denied(), visitor="stranger", channel=BROWSER, address=7))
    h.take(_bought("1002", pixel="CONFIRMED"))
    assert h.counted("held", "consent_contested") == 1


def what_a_visit_refuses_on_the_way_uses_up_nothing_of_its_orders(h: Harness) -> None:
    h.take(*[_look(f"l-{n}", refuses=True) for n in range(8)], _stranger("1001", refuses=True))
    h.take(_bought("1001"), *[a_signal(f"l-{n}", event="ViewContent") for n in range(8)])
    assert h.counted("held", "consent_contested") == 9


def what_is_no_order_has_limits_as_well(h: Harness) -> None:
    h.take(*[_look(f"l-{n}", refuses=True) for n in range(120)])
    h.take(*[a_signal(f"l-{n}", event="ViewContent") for n in range(120)])
    assert h.counted("held", "consent_contested") == 100


def an_order_is_one_however_it_is_reported(h: Harness) -> None:
    for order in _ORDERS[:5]:
        h.take(_stranger(order, event="InitiateCheckout", native="sent"), _stranger(order, native="sent"))
    h.take(a_statement(denied(), visitor="stranger", channel=BROWSER, address=7))
    h.take(*[_bought(order) for order in _ORDERS[:8]])
    assert h.counted("held", "consent_contested") == 5


def what_a_server_ties_to_its_visit_uses_up_nothing_of_an_address(h: Harness) -> None:
    h.take(*[_bought(order, visitor=f"v-{order}") for order in _ORDERS[:40]])
    h.take(*[_stranger(order, visitor=f"v-{order}", native="sent") for order in _ORDERS[:40]])
    h.take(_stranger("1050", refuses=True))
    h.take(_bought("1050"))
    assert h.counted("held", "consent_contested") == 1


def a_refusal_holds_what_the_server_reported_before(h: Harness) -> None:
    for refusal in (
        _stranger("1001", refuses=True),
        a_statement(denied(), visitor="", order_id="1002", channel=BROWSER),
    ):
        order = refusal.order_id or "1002"
        h.take(_bought(order))
        h.take(refusal)
        assert (h.story(order).state, h.story(order).reason) == ("held", "consent_contested")
    assert h.store.due_lanes(h.now()) == []


def a_statement_about_an_order_holds_what_the_server_reports_later(h: Harness) -> None:
    h.take(a_statement(denied(), visitor="", order_id="1001", channel=BROWSER))
    h.engine.reopen()
    h.take(_bought("1001"), _bought("1002", visitor="v"))
    assert (h.state("1001"), h.state("1002")) == ("held", "ready")


def what_is_contested_ends_unsent(h: Harness) -> None:
    h.take(_bought("1001"))
    h.take(_stranger("1001", refuses=True))
    h.end_held()
    assert (h.story("1001").state, h.story("1001").reason) == ("expired", "consent_contested")


def a_later_grant_of_the_server_releases_it(h: Harness) -> None:
    h.take(_stranger("1001", refuses=True))
    h.take(_bought("1001", consent=granted(NOW - MINUTE)))
    assert h.counted("held", "consent_contested") == 1
    h.take(_bought("1001", consent=granted(NOW + MINUTE), received_ms=NOW + 2 * MINUTE))
    h.clock.advance(ms=2 * MINUTE)
    assert _sent(h) == {"1001": 49.0}


def a_grant_of_a_stranger_frees_his_own_copy_with_the_servers_money(h: Harness) -> None:
    h.take(an_undecided("1001", order_id="1001", value=49.0, currency="EUR", user={"email": an_email("ada")}))
    assert h.state("1001") == "held"
    h.take(_stranger("1001", user={"email": an_email("mallory"), "ttclid": "c"}))
    (event,) = _carried(h)
    assert event["user"] == {"email": an_email("mallory"), "ttclid": "c"}
    assert (event["properties"]["value"], event["properties"]["currency"]) == (49.0, "EUR")


def it_frees_no_more_when_the_server_comes_later(h: Harness) -> None:
    h.take(_stranger("1001", pixel="CONFIRMED", user={"ttclid": "c"}))
    said = {"pixel": "CONFIRMED", "order_id": "1001", "value": 49.0, "currency": "EUR"}
    h.take(an_undecided("1001", user={"email": an_email("ada")}, **said))
    (event,) = carried(h.lease(pixel="CONFIRMED"))
    assert (event["user"], event["properties"]["value"]) == ({"ttclid": "c"}, 49.0)


def a_grant_of_another_visit_frees_nothing_where_the_server_names_one(h: Harness) -> None:
    h.take(an_undecided("1001", order_id="1001", visitor="v"))
    h.take(_stranger("1001"))
    assert h.state("1001") == "held"
    h.take(a_statement(granted(), visitor="v"))
    assert h.state("1001") == "ready"


def a_sole_claimant_brings_click_and_page_and_no_identifier(h: Harness) -> None:
    h.take(_bought("1001", user={"email": an_email("ada")}))
    page = {"url": "https://shop.example/thanks"}
    h.take(_stranger("1001", user={"email": an_email("mallory"), "phone": "p", "ttclid": "c"}, page=page))
    (event,) = _carried(h)
    assert event["user"] == {"email": an_email("ada"), "ttclid": "c"}
    assert event["page"] == page


def of_several_claimants_the_one_that_agrees_is_heard(h: Harness) -> None:
    h.take(_stranger("1001", user={"ttclid": "stolen"}))
    h.take(_stranger("1001", visitor="real", user={"email": an_email("ada"), "ttclid": "c"}))
    h.take(_bought("1001", user={"email": an_email("ada")}))
    (event,) = _carried(h)
    assert event["user"] == {"email": an_email("ada"), "ttclid": "c"}


def of_several_claimants_that_do_not_agree_none_is_heard(h: Harness) -> None:
    h.take(_stranger("x", order_id="1001", also=["1001"], user={"ttclid": "stolen"}))
    h.take(_stranger("y", order_id="1001", also=["1001"], visitor="other", user={"ttclid": "c"}))
    h.take(_bought("1001", user={"email": an_email("ada")}))
    (event,) = _carried(h)
    assert (event["event_id"], event["user"]) == ("1001", {"email": an_email("ada")})


def of_claims_the_servers_own_visit_is_found(h: Harness) -> None:
    h.take(_stranger("x", order_id="1001", also=["1001"], user={"ttclid": "stolen"}))
    h.take(_stranger("fired", order_id="1001", also=["1001"], visitor="v", user={"ttclid": "c"}))
    h.take(_bought("1001", visitor="v"))
    (event,) = _carried(h)
    assert (event["event_id"], event["user"]["ttclid"], event["properties"]["value"]) == ("fired", "c", 49.0)


def what_a_claim_dates_back_expires_nothing(h: Harness) -> None:
    long_ago = NOW // 1_000 - 47 * 3_600
    for n, order in enumerate(_ORDERS[:8]):
        h.take(_stranger(order, pixel="CONFIRMED", native="sent", event_time=long_ago, visitor=f"v-{n}"))
    h.end_held(1_000)
    h.take(*[_bought(order, pixel="CONFIRMED", received_ms=h.now()) for order in _ORDERS[:8]])
    assert len(carried(h.lease(pixel="CONFIRMED"))) == 8


def what_a_claim_would_double_is_contested_within_limits(h: Harness) -> None:
    h.take(*[_stranger(order, pixel="CONFIRMED", native="sent") for order in _ORDERS[:20]])
    h.end_held()
    h.clock.advance(ms=DAY)
    h.take(*[_bought(order, pixel="CONFIRMED", received_ms=h.now()) for order in _ORDERS[:20]])
    assert h.counted("held", "consent_contested") == 5
    assert len(carried(h.lease(pixel="CONFIRMED"))) == 15


def what_a_stranger_had_sent_is_no_reason_to_lose_the_servers(h: Harness) -> None:
    h.take(_stranger("1001"))
    h.delivered(h.lease())
    h.take(_bought("1001", visitor="v"))
    h.clock.advance(seconds=11)
    (event,) = carried(lease := h.lease())
    assert event["properties"]["value"] == 49.0
    assert event["event_id"].startswith("1001-")
    h.delivered(lease)
    h.take(_bought("1001", visitor="v"))
    assert h.store.due_lanes(h.now()) == []


def another_visit_of_a_browser_is_not_stopped_by_a_refusal(h: Harness) -> None:
    h.take(_stranger("1001", refuses=True))
    h.take(_stranger("1001", visitor="real"))
    assert _sent(h) == {"1001": 1.0}
    h.take(_stranger("1001", refuses=True))
    assert h.store.states() == {"dropped": 1, "leased": 1}


def a_refusal_of_the_server_stands_against_any_browser(h: Harness) -> None:
    h.take(a_refusal("1001", order_id="1001"))
    h.take(_stranger("1001"), _stranger("1001", visitor="other"))
    assert h.store.due_lanes(h.now()) == []


def one_id_that_a_stranger_gives_to_many_orders_is_used_by_one(h: Harness) -> None:
    said = [_stranger("one-for-all", order_id=order, also=[order]) for order in _ORDERS[:4]]
    h.take(_bought(_ORDERS[0], also=[_ORDERS[0]]), *said, *[_bought(order, also=[order]) for order in _ORDERS[1:4]])
    assert sorted(_sent(h)) == [*_ORDERS[1:4], "one-for-all"]


def one_id_that_two_strangers_give_to_many_orders_is_used_by_none(h: Harness) -> None:
    h.take(*[_stranger("one-for-all", order_id="1001", also=["1001"], visitor=visitor) for visitor in "vw"])
    h.take(_bought("1001", also=["1001"]))
    h.take(*[_stranger("one-for-all", order_id=order, also=[order]) for order in _ORDERS[1:4]])
    h.take(*[_bought(order, also=[order]) for order in _ORDERS[1:4]])
    assert sorted(_sent(h)) == _ORDERS[:4]


def one_id_is_used_by_one_also_of_orders_that_somebody_refused(h: Harness) -> None:
    h.take(*[_stranger(order, refuses=True, visitor=f"v-{order}") for order in _ORDERS[:4]])
    h.take(*[_stranger("one-for-all", order_id=order, also=[order]) for order in _ORDERS[:4]])
    h.take(*[_bought(order, also=[order]) for order in _ORDERS[:4]])
    h.take(*[_bought(order, also=[order], consent=granted(NOW + MINUTE)) for order in _ORDERS[:4]])
    assert len(_sent(h)) == 4


def a_refusal_of_the_server_counts_though_a_stranger_refused_before(h: Harness) -> None:
    h.take(_stranger("1001", refuses=True), _stranger("1002", refuses=True))
    h.take(a_refusal("1001", order_id="1001", visitor="v"), a_refusal("1002", order_id="1002"))
    for order in ("1001", "1002"):
        h.take(a_signal(order, channel=BROWSER, visitor="v", order_id=order))
    assert h.store.due_lanes(h.now() + MINUTE) == []


def an_id_that_fired_is_used_though_a_stranger_tied_it_to_another_order(h: Harness) -> None:
    h.take(_stranger("1001", order_id="1002", also=["1002"]))
    h.take(a_signal("fired", channel=BROWSER, visitor="v", order_id="1001", also=["1001"], native="sent"))
    h.take(_bought("1002", visitor="w"))
    h.take(_bought("fired", order_id="1001", also=["1001"], visitor="v"))
    assert sorted(_sent(h)) == ["1002", "fired"]


def an_order_whose_number_another_goes_by_keeps_its_own_id(h: Harness) -> None:
    h.take(_stranger("1002", order_id="1001", also=["1001"]))
    h.take(_bought("1001"))
    h.take(_bought("order-1002", order_id="1002", also=["1002"]))
    h.take(_stranger("1002", order_id="1002"), _stranger("1002", order_id="1002", native="sent"))
    assert sorted(_sent(h)) == ["1002", "order-1002"]


def an_id_that_a_stranger_just_brought_to_another_order_is_not_used_again(h: Harness) -> None:
    h.take(
        _bought("1002", value=50.0),
        _stranger("1001", order_id="1002", also=["1002"]),
        _stranger("1002", order_id="1001", also=["1001"]),
    )
    h.take(_bought("1001"))
    assert sorted(_sent(h).values()) == [49.0, 50.0]


def leads_obey_the_same(h: Harness) -> None:
    h.take(*[a_refusal(f"l-{n}", event="Lead", channel=BROWSER, visitor="s", address=7) for n in range(10)])
    h.take(*[a_signal(f"l-{n}", event="Lead") for n in range(10)], a_signal("l-0", event="Lead", visitor="v"))
    assert h.counted("held", "consent_contested") == 4
    assert len(_carried(h)) == 6


def copies_without_end_are_counted_and_not_kept(h: Harness) -> None:
    h.take(_bought("1001"))
    for _ in range(5):
        h.take(*[_stranger("1001", visitor=f"v-{n}") for n in range(40)])
    assert len(h.story("1001").copies) == 64
    assert h.counted("recorded") == 201


def a_stranger_who_names_no_visit_dates_nothing(h: Harness) -> None:
    ancient = {"native": "sent", "event_time": NOW // 1_000 - 100 * 3_600}
    h.take(a_signal("1001", channel=BROWSER, address=7, **ancient))
    h.take(a_signal("p", channel=BROWSER, visitor="v", order_id="1001", also=["1001"], native="unknown"))
    h.take(_bought("1001", visitor="v"))
    assert _sent(h) == {"p": 49.0}


def a_stranger_who_permits_what_a_page_reported_permits_his_own_copy_alone(h: Harness) -> None:
    page = {"channel": BROWSER, "visitor": "v", "order_id": "1001"}
    h.take(an_undecided("1001", value=49.0, currency="EUR", **page))
    h.take(_stranger("1001", visitor=""))
    h.take(an_undecided("1001", visitor="v", order_id="1001", value=49.0, currency="EUR"))
    assert (h.story("1001").state, h.story("1001").reason) == ("held", "consent_not_said")
    h.take(a_statement(granted(), visitor="v"))
    assert _sent(h) == {"1001": 49.0}


def what_a_stranger_had_sent_in_a_pages_name_is_not_the_pages(h: Harness) -> None:
    h.take(an_undecided("p", channel=BROWSER, visitor="v", order_id="1001", also=["1001"]))
    h.take(_stranger("1001", visitor=""))
    h.delivered(h.lease())
    h.take(_bought("1001", visitor="v"))
    (event,) = _carried(h)
    assert event["properties"]["value"] == 49.0


def a_refusal_of_one_order_ends_no_other(h: Harness) -> None:
    h.take(_bought("1001", visitor="v"))
    h.take(_stranger("1001", order_id="1002", also=["1002"]))
    h.take(a_refusal("1002", order_id="1002", visitor="w"))
    h.take(a_refusal("1001", order_id="1002", also=["1002"], visitor="w"))
    assert _sent(h) == {"1001": 49.0}


def the_limit_of_a_visit_outlasts_a_transaction(h: Harness) -> None:
    for order in _ORDERS[:12]:
        h.take(_stranger(order, refuses=True))
    h.take(*[_bought(order) for order in _ORDERS[:12]])
    assert h.counted("held", "consent_contested") == 5


def a_refusal_is_remembered_whoever_reports_in_between(h: Harness) -> None:
    h.take(_stranger("l-1", refuses=True, event="Lead", order_id=""))
    h.take(a_signal("l-1", event="Lead", channel=BROWSER, visitor="page"))
    h.take(a_signal("l-1", event="Lead"))
    assert h.counted("held", "consent_contested") == 1
    assert h.store.due_lanes(h.now() + MINUTE) == []


def an_id_that_a_stranger_had_sent_under_is_not_used_again(h: Harness) -> None:
    h.take(_stranger("p", order_id="1002", also=["1002"]))
    h.delivered(h.lease())
    own = {"visitor": "v", "order_id": "1001", "also": ["1001"], "value": 49.0, "currency": "EUR"}
    h.take(a_signal("p", **own))
    h.take(a_signal("p", channel=BROWSER, **own))
    (event,) = _carried(h)
    assert event["event_id"] not in ("p", "1002")
    assert event["properties"]["value"] == 49.0


def a_refusal_of_one_order_holds_no_other_that_a_stranger_tied_to_it(h: Harness) -> None:
    h.take(an_undecided("1001", channel=BROWSER, order_id="1002", also=["1002"]))
    h.take(_stranger("1002", refuses=True))
    h.take(_stranger("order-1001", order_id="1001", also=["1001"], visitor="page"))
    h.engine.reopen()
    h.take(_bought("1001"), _bought("1002"))
    assert (h.state("1001"), h.state("1002")) == ("ready", "held")


def a_refusal_that_names_no_order_holds_whatever_is_reported_under_its_id(h: Harness) -> None:
    h.take(_stranger("e", order_id="", visitor=""))
    h.take(_stranger("e", refuses=True, order_id=""), _stranger("e", refuses=True, order_id="1002"))
    h.take(_bought("e", order_id="1001", also=["1001"]))
    assert h.counted("held", "consent_contested") == 1


def what_a_server_refuses_ends_no_other_order_that_a_stranger_refused_with_it(h: Harness) -> None:
    for name, named in (("strong", {"visitor": "v"}), ("weak", {})):
        tied, other = f"{name}-1", f"{name}-2"
        visits = [f"{name}-s", f"{name}-t"]
        h.take(*[_look(visit, visitor=visit) for visit in visits])
        mine = {"visitor": visits, "consent": denied()}
        h.take(*[_stranger(name, refuses=True, order_id=o, also=[o], **mine) for o in (tied, other)])
        h.take(a_refusal(tied, order_id=tied, consent=denied(), **named))
        h.take(_stranger(name, refuses=True, order_id=tied, also=[tied], **mine))
        h.take(_bought(tied, **named))
        own = {"visitor": "w"} if named else {"consent": granted(NOW + MINUTE)}
        h.take(_bought(other, **own))
        assert (h.state(tied), h.state(other)) == ("dropped", "ready")


def a_stranger_permits_nothing_by_tying_his_own_report_to_an_order(h: Harness) -> None:
    h.take(an_undecided("1001", order_id="1001", visitor="v", value=49.0, currency="EUR"))
    h.take(_stranger("x", order_id=""))
    h.take(_stranger("x", also=["1001"], order_id="1001"))
    assert (h.story("1001").state, h.story("1001").reason) == ("held", "consent_not_said")


def what_a_server_refuses_ends_no_other_order_that_a_stranger_reported_with_it(h: Harness) -> None:
    for name, named, own in (("strong", {"visitor": "v"}, {"visitor": "w"}), ("weak", {}, {})):
        tied, other = f"{name}-1", f"{name}-2"
        h.take(*[_stranger(name, order_id=o, also=[o], visitor=f"{name}-s") for o in (tied, other)])
        h.take(a_refusal(tied, order_id=tied, consent=denied(), **named))
        h.take(_bought(tied, **named), _bought(other, **own))
        assert (h.state(tied), h.state(other)) == ("dropped", "ready")


def what_a_server_refuses_under_an_id_ends_what_a_page_reported_under_it(h: Harness) -> None:
    h.take(_stranger("e", order_id="shown-1001", also=["shown-1001"]), _stranger("1002", visitor="w"))
    h.take(a_refusal("e", order_id="1001", also=["1001"]), a_refusal("order-1002", order_id="1002", also=["1002"]))
    h.take(_stranger("e", order_id="", visitor=""), _stranger("1002", visitor="x"))
    assert h.store.due_lanes(h.now() + MINUTE) == []


def an_order_is_reported_anew_after_a_server_refused_another_that_a_stranger_tied_to_its_page(h: Harness) -> None:
    h.take(an_undecided("1001", channel=BROWSER, order_id="1002", also=["1002"]))
    h.take(a_signal("1002", channel=BROWSER, visitor="w", order_id="1002"))
    h.take(a_refusal("1001", order_id="1001", visitor="v", consent=denied()))
    h.take(_bought("1002", visitor="w"))
    assert _sent(h) == {"1002": 49.0}


def what_left_as_a_pages_own_copy_is_the_pages_though_a_stranger_opened_it(h: Harness) -> None:
    own = {"visitor": "v", "order_id": "1001", "also": ["1001"], "value": 49.0, "currency": "EUR"}
    h.take(_stranger("1001", visitor="", received_ms=NOW + 1))
    h.take(a_signal("fired", channel=BROWSER, native="sent", **own))
    h.clock.advance(seconds=241)
    (event,) = carried(lease := h.lease())
    assert (event["event_id"], event["properties"]["value"]) == ("fired", 49.0)
    h.delivered(lease)
    h.take(a_signal("fired", **own))
    assert h.store.due_lanes(h.now() + HOUR) == []


def an_id_that_fired_is_used_though_both_servers_report_at_once_what_a_stranger_tied(h: Harness) -> None:
    for visitor in ("", "stranger"):
        page = {"visitor": f"v-{visitor}", "order_id": f"a{visitor}", "also": [f"a{visitor}"]}
        fired, other = f"fired-{visitor}", f"b{visitor}"
        h.take(a_signal(fired, channel=BROWSER, native="sent", **page))
        h.take(_stranger(f"a{visitor}", visitor=visitor, order_id=other, also=[other]))
        h.take(_bought(other, visitor="w"), _bought(fired, **page))
        assert sorted(_sent(h)) == sorted([other, fired])
