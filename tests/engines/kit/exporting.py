"""A person may be told what is stored about them: exactly what an erasure would reach."""

from engines.kit.harness import Harness
from signals import BROWSER, a_refusal, a_signal, a_statement, an_email, an_undecided, granted, order_lookup
from twinbeam.admin.contract import SubjectData
from twinbeam.core.erasure import person
from twinbeam.core.keys import lookup, visit
from twinbeam.core.values import Facts, Signal

_ADA = an_email("ada")
_LOOKUP = [lookup("email", "shop", _ADA)]
_CLICK = Facts(ttclid="click-1", ttp="cookie-1", ip="198.51.100.7", user_agent="Ada/1.0", url="https://shop.example/a")


def what_look_ups_lead_to_is_told(h: Harness) -> None:
    h.take(
        a_signal("e-1", lookups=_LOOKUP, user={"email": _ADA}), an_undecided("e-2", lookups=_LOOKUP), a_signal("e-3")
    )
    about = _told(h, "email", _ADA)
    assert [(one.story.event_id, len(one.copies)) for one in about.conversions] == [("e-1", 1), ("e-2", 1)]
    assert _ADA.encode() in about.conversions[0].copies[0].body


def a_visitor_is_told_of_their_visit(h: Harness) -> None:
    h.take(_view(facts=_CLICK), an_undecided("e-1", visitor="v-1"), a_signal("e-2", visitor="v-2"))
    about = _told(h, "visitor", "v-1")
    assert _events(about) == ["view", "e-1"]
    assert about.visits == [_CLICK]
    assert _is_all(h, about, "visitor", "v-1")


def the_visit_behind_an_address_is_told_with_all_that_is_noted_under_it(h: Harness) -> None:
    h.take(_view(facts=_CLICK), an_undecided("e-1", visitor="v-1", lookups=_LOOKUP))
    h.take(an_undecided("e-2", visitor="v-1"))
    about = _told(h, "email", _ADA)
    assert _events(about) == ["view", "e-1", "e-2"]
    assert about.visits == [_CLICK]
    assert _is_all(h, about, "email", _ADA)


def the_visit_behind_an_order_is_told(h: Harness) -> None:
    h.take(_of_order(_view(facts=_CLICK)))
    h.take(a_signal("e-1", order_id="1001", lookups=[*_LOOKUP, order_lookup("1001")]))
    for kind, value in (("email", _ADA), ("order", "1001")):
        about = _told(h, kind, value)
        assert _events(about) == ["view", "e-1"]
        assert about.visits == [_CLICK]
    assert _is_all(h, about, "order", "1001")


def what_a_visit_said_about_consent_is_told(h: Harness) -> None:
    h.take(a_statement(granted(), visitor="v-1"))
    (facts,) = _told(h, "visitor", "v-1").visits
    assert facts == Facts(consent=granted())


def what_was_delivered_or_is_on_the_wire_is_told(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=_LOOKUP))
    h.delivered(h.lease())
    h.take(a_signal("e-2", lookups=_LOOKUP))
    h.lease()
    about = _told(h, "email", _ADA)
    assert [(one.story.event_id, one.story.state) for one in about.conversions] == [
        ("e-1", "delivered"),
        ("e-2", "leased"),
    ]


def a_visit_is_told_of_after_a_restart(h: Harness) -> None:
    h.take(_view(facts=_CLICK))
    h.engine.reopen()
    assert _told(h, "visitor", "v-1").visits == [_CLICK]


def nobody_is_told_of_others(h: Harness) -> None:
    h.take(_view(facts=_CLICK), a_signal("e-1", visitor="v-1", lookups=_LOOKUP), a_refusal("e-2", visitor="v-3"))
    for kind, value in (("visitor", "v-2"), ("visitor", "v-3"), ("email", an_email("ben")), ("order", "1001")):
        assert _told(h, kind, value) == SubjectData([], [])
    assert h.store.stored_about(person("email", "other", _ADA)) == SubjectData([], [])


def of_what_was_erased_nothing_is_told(h: Harness) -> None:
    h.take(_view(facts=_CLICK), a_signal("e-1", visitor="v-1", lookups=_LOOKUP))
    h.erase("email", _ADA)
    assert _told(h, "email", _ADA) == _told(h, "visitor", "v-1") == SubjectData([], [])


def _told(h: Harness, kind: str, value: str) -> SubjectData:
    about: SubjectData = h.store.stored_about(person(kind, "shop", value))
    return about


def _events(about: SubjectData) -> list[str]:
    return [one.story.event_id for one in about.conversions]


def _is_all(h: Harness, about: SubjectData, kind: str, value: str) -> bool:
    receipt = h.erase(kind, value)
    return (receipt.removed + receipt.in_flight, receipt.visits) == (len(about.conversions), len(about.visits))


def _view(facts: Facts) -> Signal:
    return a_signal("view", event="ViewContent", channel=BROWSER, visitor="v-1", facts=facts)


def _of_order(signal: Signal) -> Signal:
    signal.visits.append(visit("order", "shop", "1001"))
    return signal
