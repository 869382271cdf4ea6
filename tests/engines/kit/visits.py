"""What a visit's other copies said fills the gaps of a copy: click and browser keys, address and page, nothing else."""

from engines.kit.harness import Harness
from signals import BROWSER, a_refusal, a_signal, an_email, an_undecided, carried
from twinbeam.core.values import Facts

CLICK = Facts(
    ttclid="click-1", ttp="cookie-1", ip="198.51.100.7", user_agent="Mozilla/5.0", url="https://shop.example/a"
)
_SAID = {"ttclid": "click-1", "ttp": "cookie-1", "ip": "198.51.100.7", "user_agent": "Mozilla/5.0"}


def an_earlier_visit_fills_what_a_copy_lacks(h: Harness) -> None:
    h.take(_view(facts=CLICK))
    h.take(a_signal("e-1", visitor="v-1"))
    event = _purchase(h)
    assert event["user"] == _SAID
    assert event["page"] == {"url": "https://shop.example/a"}


def a_visit_is_remembered_after_a_restart(h: Harness) -> None:
    h.take(_view(facts=CLICK))
    h.engine.reopen()
    h.take(a_signal("e-1", visitor="v-1"))
    assert _purchase(h)["user"] == _SAID


def the_order_inside_a_group_does_not_matter(h: Harness) -> None:
    h.take(a_signal("e-1", visitor="v-1"), _view(facts=CLICK))
    assert _purchase(h)["user"] == _SAID


def the_order_of_the_groups_of_one_call_does_not_matter(h: Harness) -> None:
    h.append(a_signal("e-1", visitor="v-1"))
    h.append(_view(facts=CLICK))
    h.drain()
    assert _purchase(h)["user"] == _SAID


def what_a_copy_says_itself_stands(h: Harness) -> None:
    h.take(_view(facts=CLICK))
    own = Facts(ttclid="click-2", ip="203.0.113.9")
    h.take(a_signal("e-1", visitor="v-1", user={"ttclid": "click-2", "ip": "203.0.113.9"}, facts=own))
    assert _purchase(h)["user"] == {"ttclid": "click-2", "ip": "203.0.113.9", "ttp": "cookie-1"}


def an_address_is_borrowed_only_together_with_its_browser(h: Harness) -> None:
    h.take(_view(facts=Facts(ttp="cookie-1", ip="198.51.100.7")))
    h.take(a_signal("e-1", visitor="v-1"))
    assert _purchase(h)["user"] == {"ttp": "cookie-1"}


def a_match_key_never_travels_from_event_to_event(h: Harness) -> None:
    h.take(_view(facts=CLICK, user={"email": an_email("ada"), "external_id": an_email("7")}))
    h.take(a_signal("e-1", visitor="v-1"))
    assert "email" not in _purchase(h)["user"]


def a_stranger_borrows_nothing(h: Harness) -> None:
    h.take(_view(facts=CLICK))
    h.take(a_signal("e-1", visitor="v-2"))
    assert "user" not in _purchase(h)


def another_workspaces_visit_is_a_stranger(h: Harness) -> None:
    h.take(_view(facts=CLICK, workspace="other"))
    h.take(a_signal("e-1", visitor="v-1"))
    assert "user" not in _purchase(h)


def only_the_web_borrows(h: Harness) -> None:
    h.take(_view(facts=CLICK))
    h.take(a_signal("e-1", visitor="v-1", event_source="offline", pixel="SET1"))
    assert "user" not in carried(h.lease(pixel="SET1"))[0]


def a_refusal_and_silence_teach_nothing(h: Harness) -> None:
    h.take(a_refusal("v", event="ViewContent", visitor="v-1", facts=CLICK))
    h.take(an_undecided("w", event="ViewContent", visitor="v-1", facts=CLICK))
    h.take(a_signal("e-1", visitor="v-1"))
    assert "user" not in _purchase(h)


def the_tokens_of_one_arrival_belong_to_one_visit(h: Harness) -> None:
    """The thank-you page knows visitor and order, the webhook only the order."""
    h.take(_view(facts=CLICK))
    h.take(a_signal("p-1", event="InitiateCheckout", visitor=["v-1", "order-9"], facts=Facts(ttp="cookie-1")))
    h.take(a_signal("e-1", visitor="order-9"))
    assert _purchase(h)["user"] == _SAID


def a_newer_word_replaces_an_older_one_field_by_field(h: Harness) -> None:
    h.take(_view(facts=CLICK))
    h.take(_view("view-2", facts=Facts(ttclid="click-2")))
    h.take(a_signal("e-1", visitor="v-1"))
    assert _purchase(h)["user"] == {**_SAID, "ttclid": "click-2"}


def what_is_borrowed_yields_to_a_real_copy(h: Harness) -> None:
    h.take(_view(facts=CLICK))
    h.take(a_signal("e-1", visitor="v-1", channel=BROWSER), a_signal("e-1", user={"ttclid": "server"}))
    user = _purchase(h)["user"]
    assert user == {**_SAID, "ttclid": "server"}


def _view(event_id: str = "view-1", *, facts: Facts, user: dict[str, str] | None = None, workspace: str = "shop"):
    return a_signal(
        event_id,
        event="ViewContent",
        channel=BROWSER,
        visitor="v-1",
        facts=facts,
        user=user,
        workspace=workspace,
    )


def _purchase(h: Harness) -> dict[str, dict[str, str]]:
    h.clock.advance(seconds=10)
    (event,) = [event for event in carried(h.lease()) if event["event"] == "Purchase"]
    return event
