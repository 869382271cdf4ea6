"""What the debugger shows: every arrival once, the last ones of the installation, and nothing that tells of a person."""

from msgspec.structs import replace

from engines.kit.harness import Harness
from signals import BROWSER, NOW, WORKSPACE, a_refusal, a_signal, a_statement, an_email, an_undecided, denied, granted
from twinbeam.core.keys import lookup
from twinbeam.core.outcomes import Reason
from twinbeam.core.sightings import PAGE, ROOM, Seen
from twinbeam.core.values import MATCH, Decision, Permission
from twinbeam.destinations.tiktok.wire import compose

_KEEP = 30
_FOREIGN = Permission(Decision.DROPPED, "foreign_host", Reason.FOREIGN_HOST)
_OPENED = Permission(Decision.DROPPED, "page_seen", Reason.PAGE_SEEN)


def every_arrival_is_shown_once_with_what_became_of_it(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER), a_signal("e-1"), a_refusal("e-2"), an_undecided("e-3"))
    h.delivered(h.lease())
    h.take(a_signal("e-1"), a_signal("e-4", permission=_FOREIGN), a_statement(granted(), visitor="v"))
    h.replay()
    told = {(it.sighting.channel, it.sighting.became, it.sighting.decision, it.sighting.reason) for it in _shown(h)}
    assert told == {
        ("browser", "opened", "allowed", ""),
        ("server", "merged", "allowed", ""),
        ("server", "dropped", "dropped", Reason.NO_CONSENT),
        ("server", "opened", "undecided", ""),
        ("server", "duplicate", "allowed", ""),
        ("server", "dropped", "dropped", Reason.FOREIGN_HOST),
    }
    assert sorted(it.number for it in _shown(h)) == [1, 2, 3, 4, 5, 6]


def what_is_counted_as_dropped_is_shown_under_the_same_reason(h: Harness) -> None:
    h.take(a_signal("e-1", visitor="v"), a_refusal("e-2"))
    h.take(a_refusal("e-1", visitor="v"), an_undecided("e-2"), a_signal("e-3", stage="ignored"))
    h.take(a_signal("e-4"), a_signal("e-4", stage="cancelled", order_id="4"))
    shown = [it.sighting.reason for it in _shown(h) if it.sighting.became == "dropped"]
    assert {reason: shown.count(reason) for reason in shown} == {
        count.reason: h.counted("dropped", count.reason) for count in h.store.counts() if count.outcome == "dropped"
    }


def a_sighting_leads_to_its_conversion_and_back(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER), a_signal("e-1"))
    id_ = h.story("e-1").id
    reads = h.store.sightings
    assert [it.sighting.channel for it in reads.of([id_])] in (["browser", "server"], ["server", "browser"])
    assert reads.conversions([id_, 99])[id_].event_id == "e-1"
    assert reads.one(reads.newest()) == reads.before(None, limit=1)[0]
    assert reads.one(99) is None


def what_is_refused_or_not_permitted_yet_is_kept_as_reason_and_evidence_alone(h: Harness) -> None:
    told = ["user.email", "email_invalid"]
    user = {"email": an_email("ada"), "ttclid": "c"}
    signals = [
        a_signal("e-1", user=user),
        an_undecided("e-2", user=user, consent=granted()),
        a_refusal("e-3", user=user),
        a_signal("e-4", user=user, visitor="v"),
    ]
    h.take(a_statement(denied(), visitor="v"), *(replace(it, told=told) for it in signals))
    kept = {
        h.store.sightings.conversions([it.sighting.conversion])[it.sighting.conversion].state: it for it in _shown(h)
    }
    both = MATCH["email"] | MATCH["ttclid"]
    assert {state: (it.sighting.match, list(it.sighting.told)) for state, it in kept.items()} == {
        "ready": (both, told),
        "held": (0, []),
        "dropped": (0, []),
    }
    assert kept["held"].sighting.consent == granted()


def a_page_that_was_opened_is_no_event_to_show(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, permission=_OPENED))
    assert (_shown(h), h.store.sightings.newest()) == ([], 0)


def a_flood_at_one_side_of_a_pixel_pushes_out_no_other(h: Harness) -> None:
    h.take(*(a_signal(f"calm-{n}") for n in range(3)), a_signal("other", pixel="PIXEL2", channel=BROWSER))
    for first in range(0, ROOM + 2_000, 2_000):
        flood = [a_signal(f"f-{n}", channel=BROWSER, permission=_FOREIGN) for n in range(first, first + 2_000)]
        h.take(*flood)
    shown = _shown(h)
    assert ROOM - PAGE < len(shown) <= ROOM
    rest = [it for it in shown if it.sighting.reason != Reason.FOREIGN_HOST]
    assert sorted((it.pixel, it.side) for it in rest) == [("PIXEL1", "server")] * 3 + [("PIXEL2", "browser")]
    assert [it.number for it in shown] == sorted({it.number for it in shown}, reverse=True)
    h.engine.reopen()
    assert _shown(h) == shown
    h.take(a_signal("after", pixel="PIXEL3"))
    assert h.store.sightings.newest() == shown[0].number + 1
    assert len(_shown(h)) <= ROOM


def lists_go_on_where_they_ended(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}") for n in range(3 * PAGE)))
    h.take(a_signal("last"))
    reads, place, numbers = h.store.sightings, None, []
    while page := reads.before(place, limit=7):
        numbers += [it.number for it in page]
        place = page[-1].number
    assert numbers == list(range(3 * PAGE + 1, 0, -1))
    assert [it.number for it in reads.since(3 * PAGE - 1, limit=9)] == [3 * PAGE + 1, 3 * PAGE]
    assert [it.number for it in reads.since(0, limit=2)] == [3 * PAGE + 1, 3 * PAGE]
    assert reads.since(reads.newest(), limit=9) == []


def an_erased_person_leaves_no_sighting(h: Harness) -> None:
    ada = lookup("email", WORKSPACE, "ada")
    h.take(a_signal("e-1", lookups=[ada], channel=BROWSER), a_signal("e-1", lookups=[ada]), a_signal("e-2"))
    h.clock.advance(ms=1)
    assert h.erase("email", "ada").removed == 1
    (left,) = _shown(h)
    assert left.sighting.conversion == h.story("e-2").id
    h.take(a_signal("e-3"))
    assert sorted(it.number for it in _shown(h)) == sorted([left.number, 4])


def sightings_go_with_the_days_that_are_kept_and_no_number_returns(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    h.tidy(_KEEP)
    assert len(_shown(h)) == 2
    h.tidy(1)
    assert _shown(h) == []
    assert h.store.sightings.newest() == 2
    h.engine.reopen()
    h.take(a_signal("e-3", received_ms=h.now()))
    assert [it.number for it in _shown(h)] == [3]


def _shown(h: Harness) -> list[Seen]:
    found: list[Seen] = h.store.sightings.before(None, limit=2 * ROOM)
    return found


def what_is_looked_at_is_what_goes_out(h: Harness) -> None:
    user = {"email": an_email("ada"), "ttclid": "c"}
    h.take(a_signal("e-1", channel=BROWSER, user=user, value=20.5, currency="EUR"), a_signal("e-1", order_id="1"))
    id_ = h.story().id
    before = h.store.outgoing(id_)
    lease = h.lease()
    after = h.store.outgoing(id_)
    assert [before.is_frozen, after.is_frozen] == [False, True]
    for it in (before, after):
        assert compose(it.lane, [(it.name, it.event)]) == lease.body
        assert [copy.channel for copy in it.copies] == ["browser", "server"]
    h.delivered(lease)
    assert h.store.outgoing(id_) == after


def nobody_looks_at_what_is_not_permitted_or_gone(h: Harness) -> None:
    h.take(a_refusal("e-1"), an_undecided("e-2"), a_signal("e-3", visitor="v"))
    h.take(a_statement(denied(NOW + 1), visitor="v", received_ms=NOW + 1))
    states = {event_id: h.state(event_id) for event_id in ("e-1", "e-2")}
    assert states == {"e-1": "dropped", "e-2": "held"}
    assert h.store.states()["withdrawn"] == 1
    assert [h.store.outgoing(id_) for id_ in (1, 2, 3, 99)] == [None] * 4
