"""What each arrival does to the conversion it belongs to: the table of pipeline/record/decision_table.py, in a store."""

from collections.abc import Callable, Mapping

from engines.kit.harness import Harness
from signals import BROWSER, HOUR, SERVER, a_refusal, a_signal, an_email, an_undecided, carried, carried_ids
from twinbeam.core.values import Signal

_ARRIVALS: Mapping[str, Callable[..., Signal]] = {
    "allowed": a_signal,
    "unsaid": an_undecided,
    "refused": a_refusal,
}

_TABLE = {
    # the conversion is     an allowed copy             a copy without a word       a refusal
    "unknown": ("opened -> ready", "opened -> held", "dropped -> dropped"),
    "dropped": ("dropped -> dropped", "dropped -> dropped", "dropped -> dropped"),
    "held": ("merged -> ready", "merged -> held", "dropped -> withdrawn"),
    "ready": ("merged -> ready", "merged -> ready", "dropped -> withdrawn"),
    "leased": ("duplicate -> leased", "duplicate -> leased", "dropped -> leased"),
    "waiting": ("duplicate -> waiting", "duplicate -> waiting", "dropped -> withdrawn"),
    "delivered": ("duplicate -> delivered", "duplicate -> delivered", "dropped -> delivered"),
    "refused by TikTok": ("duplicate -> refused", "duplicate -> refused", "dropped -> withdrawn"),
    "expired": ("duplicate -> expired", "duplicate -> expired", "dropped -> expired"),
    "held in vain": ("merged -> ready", "merged -> held", "dropped -> withdrawn"),
    "withdrawn": ("dropped -> withdrawn", "dropped -> withdrawn", "dropped -> withdrawn"),
}


def every_cell_of_the_table_is_kept(h: Harness) -> None:
    found = {}
    for situation in _TABLE:
        found[situation] = tuple(_cell(h, situation, arrival) for arrival in _ARRIVALS)
    assert found == _TABLE


def renamed_events_are_one_conversion(h: Harness) -> None:
    h.take(a_signal("e-1", event="CompletePayment"), a_signal("e-1", event="Purchase", channel=BROWSER))
    assert h.story().event == "Purchase"
    assert h.counted("merged") == 1


def another_event_pixel_or_workspace_is_another_conversion(h: Harness) -> None:
    recorded = h.take(
        a_signal("e-1"),
        a_signal("e-1", event="Lead"),
        a_signal("e-1", pixel="PIXEL2"),
        a_signal("e-1", workspace="other"),
    )
    assert recorded.opened == 4
    assert [story.event for story in h.store.by_event_id("other", "e-1")] == ["Purchase"]


def merged_copies_go_out_as_one_event(h: Harness) -> None:
    h.take(a_signal("e-1", visitor="v", value=20, currency="EUR", user={"email": an_email("ada")}))
    said = {"value": 19, "currency": "EUR", "user": {"email": an_email("ben"), "ttclid": "c"}}
    h.take(a_signal("e-1", visitor="v", channel=BROWSER, **said))
    (event,) = carried(h.lease())
    assert event["user"] == {"email": sorted([an_email("ada"), an_email("ben")]), "ttclid": "c"}
    assert event["properties"] == {"value": 20.0, "currency": "EUR"}


def copies_inside_a_group_merge_like_copies_of_two_groups(h: Harness) -> None:
    copies = [a_signal("a", value=20, currency="EUR"), a_signal("a", channel=BROWSER, user={"ttclid": "c"})]
    h.take(*copies)
    together = h.lease().body
    for copy in copies:
        h.take(a_signal("b", channel=copy.channel, **_parts(copy)))
    assert together.replace(b'"a"', b'"b"') == h.lease().body


def the_row_shows_the_servers_money_in_whatever_order(h: Harness) -> None:
    server = {"channel": SERVER, "value": 20, "currency": "EUR", "order_id": "1001"}
    browser = {"channel": BROWSER, "value": 99, "currency": "USD"}
    h.take(a_signal("a", **server), a_signal("a", **browser))
    h.take(a_signal("b", **browser), a_signal("b", **server))
    for event_id in ("a", "b"):
        story = h.story(event_id)
        assert (story.value_minor, story.currency, story.order_id) == (2_000, "EUR", "1001")


def the_row_shows_the_money_that_goes_out(h: Harness) -> None:
    """Of several words of the server the earliest counts, in the row as in the body, whatever came in first."""
    said = [
        {"received_ms": h.now() - 1, "value": 10, "currency": "EUR", "event_time": 1},
        {"received_ms": h.now(), "value": 30, "currency": "EUR", "event_time": 3},
    ]
    for event_id, copies in (("a", said), ("b", said[::-1])):
        h.take(a_signal(event_id, channel=BROWSER, value=99, currency="EUR"))
        for copy in copies:
            h.take(a_signal(event_id, **copy))
        story, (event,) = h.story(event_id), carried(h.lease())
        assert (story.value_minor, story.event_time) == (1_000, 1)
        assert (event["properties"]["value"], event["event_time"]) == (10.0, 1)


def after_the_first_lease_the_body_stands(h: Harness) -> None:
    h.take(a_signal("e-1", value=20, currency="EUR"))
    first = h.lease()
    h.take(a_signal("e-1", channel=BROWSER, user={"ttclid": "late"}))
    h.waiting(first)
    h.take(a_signal("e-1", channel=BROWSER, user={"ttclid": "later"}))
    assert h.lease().body == first.body
    assert h.counted("duplicate") == 2


def a_definite_non_arrival_does_not_thaw_the_body(h: Harness) -> None:
    h.take(a_signal("e-1", value=20, currency="EUR"))
    first = h.lease()
    h.waiting(first, arrived=False)
    h.take(a_signal("e-1", channel=BROWSER, user={"ttclid": "late"}))
    assert h.lease().body == first.body


def a_refusal_before_the_first_attempt_keeps_everything_back(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    h.take(a_refusal("e-1"))
    assert h.state("e-1") == "withdrawn"
    assert h.story("e-1").reason == "no_consent"
    assert [event["event_id"] for event in carried(h.lease())] == ["e-2"]


def a_refusal_wins_over_an_allowed_copy_of_the_same_group(h: Harness) -> None:
    h.take(a_signal("a"), a_refusal("a"), a_refusal("b"), a_signal("b"))
    assert (h.state("a"), h.state("b")) == ("withdrawn", "dropped")
    assert h.counted("dropped", "denied_by_another_copy") == 1
    assert h.store.due_lanes(h.now()) == []


def a_merge_and_a_refusal_in_one_group_leave_nothing_to_send(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.take(a_signal("e-1", channel=BROWSER), a_refusal("e-1"))
    assert h.state("e-1") == "withdrawn"
    assert h.store.next_due_ms() is None


def a_refusal_between_two_attempts_ends_the_trying(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease())
    h.take(a_refusal("e-1"))
    assert h.state("e-1") == "withdrawn"
    assert h.store.due_lanes(h.now()) == []


def a_refusal_on_the_wire_is_remembered_when_the_answer_is_try_later(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    lease = h.lease()
    h.take(a_refusal("e-1"))
    h.engine.reopen()
    h.waiting(lease)
    assert (h.state("e-1"), h.story("e-1").reason, h.story("e-1").settled_ms) == ("withdrawn", "no_consent", h.now())
    assert h.counted("withdrawn", "no_consent") == 1
    assert carried_ids(h.lease()) == ["e-2"]


def a_refusal_on_the_wire_is_remembered_when_the_batch_is_split(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}") for n in range(3)))
    lease = h.lease()
    h.take(a_refusal("e-1"))
    assert [carried_ids(half) for half in h.split(lease)] == [["e-0"], ["e-2"]]
    assert h.state("e-1") == "withdrawn"


def a_batch_of_which_nothing_is_left_splits_into_nothing(h: Harness) -> None:
    h.take(a_signal("e-1"))
    lease = h.lease()
    h.take(a_refusal("e-1"))
    assert h.split(lease) == []
    assert h.state("e-1") == "withdrawn"


def a_refusal_on_the_wire_does_not_undo_a_delivery(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"))
    good, bad = h.lease(), h.lease(pixel="PIXEL2")
    h.take(a_refusal("e-1"), a_refusal("e-2", pixel="PIXEL2"))
    assert (h.state("e-1"), h.story("e-1").reason) == ("leased", "")
    h.delivered(good)
    h.refused(bad)
    assert (h.state("e-1"), h.story("e-1").reason) == ("delivered", "")
    assert (h.state("e-2"), h.story("e-2").reason) == ("withdrawn", "no_consent")


def a_copy_after_a_withdrawal_is_dropped_because_of_the_refusal(h: Harness) -> None:
    h.take(a_signal("e-1"), a_refusal("e-1"), a_signal("e-1", channel=BROWSER))
    assert h.counted("dropped", "denied_by_another_copy") == 1
    assert h.counted("duplicate") == 0


def what_is_withdrawn_keeps_its_key_alone(h: Harness) -> None:
    h.take(a_signal("e-1", order_id="1001"), a_signal("e-2", order_id="1002", pixel="PIXEL2"))
    lease = h.lease()
    h.take(a_refusal("e-1"), a_refusal("e-2", pixel="PIXEL2"))
    h.waiting(lease)
    for event_id in ("e-1", "e-2"):
        story = h.story(event_id)
        assert (story.state, story.event_id, story.order_id, story.value_minor) == ("withdrawn", "", "", None)


def a_tombstone_keeps_the_key_alone(h: Harness) -> None:
    h.take(a_refusal("e-1", order_id="1002", value=20, currency="EUR"))
    story = h.story()
    assert (story.event_id, story.order_id, story.value_minor, story.currency) == ("", "", None, "")


def _cell(h: Harness, situation: str, arrival: str) -> str:
    """Bring a conversion of its own into a situation, let a copy arrive, and tell what was counted and where it is."""
    name = f"{situation} {arrival}"
    _bring(h, situation, name)
    recorded = h.take(_ARRIVALS[arrival](name, pixel=name, channel=BROWSER, visitor=name, received_ms=h.now()))
    (did,) = [act for act in ("opened", "merged", "duplicate", "dropped") if getattr(recorded, act)]
    return f"{did} -> {h.state(name)}"


def _bring(h: Harness, situation: str, name: str) -> None:
    if situation == "unknown":
        return
    first = {"dropped": a_refusal, "held": an_undecided, "held in vain": an_undecided}.get(situation, a_signal)
    h.take(first(name, pixel=name, visitor=name, received_ms=h.now()))
    _move(h, situation, name)


def _move(h: Harness, situation: str, name: str) -> None:
    steps: dict[str, Callable[[], object]] = {
        "dropped": lambda: None,
        "held": lambda: None,
        "held in vain": h.end_held,
        "ready": lambda: None,
        "leased": lambda: h.lease(pixel=name),
        "waiting": lambda: h.waiting(h.lease(pixel=name)),
        "delivered": lambda: h.delivered(h.lease(pixel=name)),
        "refused by TikTok": lambda: h.refused(h.lease(pixel=name)),
        "expired": lambda: _expire(h, name),
        "withdrawn": lambda: h.take(a_refusal(name, pixel=name)),
    }
    steps[situation]()


def _expire(h: Harness, name: str) -> None:
    h.waiting(h.lease(pixel=name))
    h.clock.advance(ms=47 * HOUR)
    h.try_lease(h.lane(name))


def _parts(copy: Signal) -> dict[str, object]:
    return {"value": 20, "currency": "EUR"} if copy.channel is SERVER else {"user": {"ttclid": "c"}}
