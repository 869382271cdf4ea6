"""What is counted of a pixel's events beside states and sides: keys by side, gaps between copies, words on consent."""

from msgspec.structs import replace

from engines.kit.harness import Harness
from signals import BROWSER, DENIED, MINUTE, NOW, UNSAID, a_signal, an_email
from twinbeam.core.consent import ConsentRecord, DatedAnswer, Region
from twinbeam.core.pixel_counts import GAP_JOINED, CountKind
from twinbeam.core.values import Decision, Permission
from twinbeam.pipeline.record.counted import MOST_REGIONS, OTHER


def _counted(h: Harness, kind: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for it in h.store.pixel_counts():
        if it.kind == kind:
            found[it.name] = found.get(it.name, 0) + it.n
    return found


def _said(answer: str, region: str = "DE") -> ConsentRecord:
    word = DatedAnswer(NOW, answer)  # type: ignore[arg-type] -- the tests name answers only
    return ConsentRecord(word, word, region=Region(region, 0))


def each_key_is_counted_by_the_side_that_reported(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, user={"ttclid": "c"}), a_signal("e-2", user={"email": an_email("ada")}))
    h.clock.advance(ms=MINUTE)
    h.delivered(h.lease())
    assert _counted(h, CountKind.CARRIED) == {"browser|": 1, "browser|ttclid": 1, "server|": 1, "server|email": 1}


def what_consent_lets_go_without_identifiers_alone_is_counted_by_side_too(h: Harness) -> None:
    bare, email = Permission(Decision.ALLOWED, "", bare=True), {"email": an_email("ada")}
    h.take(a_signal("e-1", permission=bare, user=email), a_signal("e-2", user=email))
    h.delivered(h.lease())
    assert _counted(h, CountKind.CARRIED) == {"server|": 2, "server|email": 1}
    told = [(it.event, it.name, it.n) for it in h.store.pixel_counts() if it.kind == CountKind.BARE]
    assert sorted(told) == [("", "server", 1), ("Purchase", "server", 1)]
    h.take(a_signal("e-1", channel=BROWSER, permission=bare, received_ms=NOW + MINUTE))
    told = [(it.event, it.name, it.n) for it in h.store.pixel_counts() if it.kind == CountKind.BARE]
    assert sorted(told) == [("", "both", 1), ("Purchase", "both", 1)]


def a_side_that_reports_after_the_delivery_moves_what_was_carried(h: Harness) -> None:
    h.take(a_signal("e-1", user={"email": an_email("ada")}))
    h.delivered(h.lease())
    h.take(a_signal("e-1", channel=BROWSER, received_ms=NOW + MINUTE))
    assert _counted(h, CountKind.CARRIED) == {"both|": 1, "both|email": 1}


def the_time_between_the_sides_is_counted_once(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER), a_signal("e-2"))
    h.take(a_signal("e-1", received_ms=NOW + 4_000), a_signal("e-2", received_ms=NOW + 4_000))
    h.take(a_signal("e-1", received_ms=NOW + MINUTE), a_signal("e-2", channel=BROWSER, received_ms=NOW + 2 * MINUTE))
    assert _counted(h, CountKind.GAP) == {"browser|5": 1, "server|300": 1}


def a_conversion_that_nobody_may_send_or_that_is_a_test_has_no_time_between_its_sides(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, permission=DENIED), a_signal("e-2", channel=BROWSER, test_code="T1"))
    h.take(
        a_signal("e-1", permission=DENIED, received_ms=NOW + 4_000),
        a_signal("e-2", test_code="T1", received_ms=NOW + 4_000),
    )
    assert _counted(h, CountKind.GAP) == {}


def two_pairs_that_turn_out_to_be_one_have_two_times_of_which_one_is_joined(h: Harness) -> None:
    h.take(a_signal("O", order_id="O"), a_signal("K", visitor="checkout"))
    h.take(
        a_signal("O", channel=BROWSER, order_id="O", received_ms=NOW + 4_000),
        a_signal("K", channel=BROWSER, visitor="checkout", received_ms=NOW + 8_000),
    )
    h.take(a_signal("O", order_id="O", visitor="checkout", also=["K"], received_ms=NOW + 9_000))
    assert _counted(h, CountKind.GAP) == {"server|5": 1, "server|10": 1, GAP_JOINED: 1}


def an_order_that_was_cancelled_first_is_seen_by_whoever_reports_it(h: Harness) -> None:
    h.take(a_signal("e-1", stage="cancelled", order_id="1"))
    h.take(a_signal("e-1", channel=BROWSER, order_id="1", received_ms=NOW + 4_000))
    assert _counted(h, CountKind.GAP) == {"server|5": 1}


def each_copy_tells_what_it_said_and_what_was_decided(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, consent=_said("granted")))
    h.take(a_signal("e-2", permission=UNSAID), a_signal("e-3", permission=DENIED, consent=_said("denied", "FR")))
    assert _counted(h, CountKind.CONSENT) == {
        "browser|DE|granted|allowed": 1,
        "server||nothing|waits": 1,
        "server|FR|denied|dropped": 1,
    }


def a_replay_counts_no_word_twice(h: Harness) -> None:
    h.take(a_signal("e-1", consent=_said("granted")), a_signal("e-1", channel=BROWSER, received_ms=NOW + 1))
    before = h.store.pixel_counts()
    h.replay()
    assert h.store.pixel_counts() == before


def whoever_names_many_regions_and_events_fills_a_bounded_number_of_counts(h: Harness) -> None:
    names = [f"{one}{other}" for one in "ABCDEFGH" for other in "ABCDEFGH"]
    for number, name in enumerate(names):
        h.take(a_signal(f"e-{number}", event=f"Custom_{number}", channel=BROWSER, consent=_said("granted", name)))
    counted = [it for it in h.store.pixel_counts() if it.kind == CountKind.CONSENT]
    assert {it.event for it in counted} == {OTHER}
    assert len(counted) == MOST_REGIONS + 1
    assert sum(it.n for it in counted) == len(names)


def what_senders_are_told_to_mend_is_counted_once_a_copy_and_only_of_what_is_permitted(h: Harness) -> None:
    told = ["user.email[0]", "email_invalid", "user.email[1]", "email_invalid", "user.ip", "value_empty"]
    h.take(replace(a_signal("e-1"), told=told), replace(a_signal("e-1", channel=BROWSER), told=told[:2]))
    h.take(
        replace(a_signal("e-2", permission=UNSAID), told=told), replace(a_signal("e-3", permission=DENIED), told=told)
    )
    h.take(a_signal("e-4", event="CompletePayment", channel=BROWSER), a_signal("e-5", event="Registration"))
    before = {"browser|email_invalid": 1, "server|email_invalid": 1, "browser|old_name": 1, "server|reserved_name": 1}
    assert _counted(h, CountKind.NOTICE) == before
    h.replay()
    assert _counted(h, CountKind.NOTICE) == before
    h.take(replace(a_signal("e-6", test_code="T1"), told=told))
    assert _counted(h, CountKind.NOTICE) == before, "whoever tries it out is told on the spot"


def what_is_removed_from_an_address_counts_where_no_token_of_the_shop_stands_there(h: Harness) -> None:
    told = ["page.url", "url_scrubbed"]
    h.take(*(replace(a_signal(f"e-{name}", event=name), told=told) for name in ("Purchase", "ViewContent", "Lead")))
    assert _counted(h, CountKind.NOTICE) == {"server|personal_data": 2}
