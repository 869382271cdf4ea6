"""The table of decisions, cell by cell, against the one in the module's own docstring; and the join window's sums."""

import re
from itertools import product

import pytest
from msgspec.structs import replace

from signals import BROWSER, DAY, HOUR, NOW, a_signal
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import STAGES, PixelRules, Stage
from twinbeam.core.values import Channel
from twinbeam.pipeline.record import decision_table
from twinbeam.pipeline.record.contract import Numbered, has_gap
from twinbeam.pipeline.record.conversion import (
    CONFIRMATION,
    CONTEST,
    OWNER,
    PERMISSION,
    VOUCHED,
    WAITED_IN_VAIN,
    Conversion,
    both_channels,
    reason_to_end,
    reason_to_wait,
    with_channel,
)
from twinbeam.pipeline.record.decision_table import Act, decide, drop_reason
from twinbeam.pipeline.record.effective_consent import ConsentStatus
from twinbeam.pipeline.record.policy import Holding, Terms
from twinbeam.pipeline.record.relation import Relation
from twinbeam.pipeline.send.limits import Ages

STANCES = {
    "an allowed copy": ConsentStatus.ALLOWED,
    "a copy without a word on consent": ConsentStatus.UNSAID,
    "a refusal": ConsentStatus.REFUSED,
}


def a_row(state: State, reason: str = "", *, frozen: bool = False, enriched: bool = False) -> Conversion:
    return Conversion(
        id=1,
        key=b"",
        workspace="shop",
        pixel="PIXEL1",
        event_source="web",
        event="Purchase",
        event_id="e-1",
        event_time=1,
        received_ms=NOW,
        state=state,
        reason=reason,
        minor=None,
        currency="",
        order_id="",
        channels="server",
        consent="",
        source="checkout",
        frozen=frozen,
        enriched=enriched,
    )


ROWS: dict[str, list[Conversion | None]] = {
    "unknown": [None],
    "held or ready, never sent": [a_row(State.HELD, Reason.CONSENT_NOT_SAID), a_row(State.READY)],
    "waiting after an attempt": [a_row(State.WAITING, frozen=True)],
    "on the wire": [a_row(State.LEASED, frozen=True), a_row(State.LEASED, Reason.NO_CONSENT, frozen=True)],
    "delivered": [a_row(State.DELIVERED, frozen=True)],
    "delivered, an enrichment due": [
        a_row(State.READY, frozen=True, enriched=True),
        a_row(State.WAITING, frozen=True, enriched=True),
    ],
    "refused by TikTok": [a_row(State.REFUSED, Reason.REFUSED_BY_TIKTOK, frozen=True)],
    "expired, held in vain": [a_row(State.EXPIRED, reason) for reason in WAITED_IN_VAIN.values()],
    "dropped, withdrawn": [
        a_row(State.DROPPED, Reason.NO_CONSENT),
        a_row(State.WITHDRAWN, Reason.NO_CONSENT),
        a_row(State.WITHDRAWN, Reason.NO_CONSENT, frozen=True),
    ],
    "ended otherwise": [
        a_row(State.EXPIRED, Reason.DEDUP_WINDOW, frozen=True),
        a_row(State.EXPIRED, Reason.TOO_OLD),
        a_row(State.EXPIRED, Reason.PAYLOAD_LOST),
        a_row(State.ERASED),
    ],
}


def the_documented_table() -> dict[tuple[str, str], str]:
    """Read the docstring: an act is named in capitals."""
    table = next(
        part for part in (decision_table.__doc__ or "").split("\n\n") if part.startswith("| the conversion is")
    )
    lines = [line.strip("| \n").split("|") for line in table.splitlines()]
    head, _, *rows = [[cell.strip() for cell in line] for line in lines]
    return {(name, copy): cell for name, *cells in rows for copy, cell in zip(head[1:], cells, strict=True)}


def acts_of(cell: str) -> list[Act]:
    """Give what a cell says for a copy that adds match keys in time, and for any other."""
    named = [Act[word] for word in re.findall(r"[A-Z_]{4,}", cell)]
    return named if len(named) > 1 else named * 2


def test_the_documentation_names_every_row_and_every_kind_of_copy() -> None:
    assert the_documented_table().keys() == set(product(ROWS, STANCES))


def test_the_rows_cover_every_state() -> None:
    assert {row.state for rows in ROWS.values() for row in rows if row} == set(State)


@pytest.mark.parametrize(("row", "copy"), list(product(ROWS, STANCES)), ids=str)
def test_every_cell_decides_as_documented(row: str, copy: str) -> None:
    expected = acts_of(the_documented_table()[row, copy])
    for known in ROWS[row]:
        assert [decide(known, STANCES[copy], enriches=adds) for adds in (True, False)] == expected


#: What others than the conversion's own visit and server do, by relation: (welcome, refused within limits, beyond).
OTHERS: dict[Relation, dict[str, tuple[Act, Act, Act]]] = {
    Relation.FIRST_VOUCHED: {
        "held or ready, never sent": (Act.MERGE, Act.KEEP_OUT, Act.KEEP_OUT),
        "on the wire": (Act.DUPLICATE, Act.RECALL, Act.RECALL),
        "delivered": (Act.DUPLICATE, Act.DROP, Act.DROP),
        "expired, held in vain": (Act.REOPEN, Act.KEEP_OUT, Act.KEEP_OUT),
        "dropped": (Act.SUPERSEDE, Act.KEEP_OUT, Act.KEEP_OUT),
    },
    Relation.TAKEN_OVER: {
        "held or ready, never sent": (Act.TAKE_OVER, Act.KEEP_OUT, Act.KEEP_OUT),
        "on the wire": (Act.SPLIT, Act.RECALL, Act.RECALL),
        "delivered": (Act.SPLIT, Act.DROP, Act.DROP),
        "expired, held in vain": (Act.SUPERSEDE, Act.KEEP_OUT, Act.KEEP_OUT),
        "dropped": (Act.SUPERSEDE, Act.KEEP_OUT, Act.KEEP_OUT),
    },
    Relation.CLAIM: {
        "held or ready, never sent": (Act.MERGE, Act.CONTEST, Act.PASS_OVER),
        "on the wire": (Act.DUPLICATE, Act.CONTEST, Act.PASS_OVER),
        "delivered": (Act.DUPLICATE, Act.PASS_OVER, Act.PASS_OVER),
        "expired, held in vain": (Act.DUPLICATE, Act.PASS_OVER, Act.PASS_OVER),
        "dropped": (Act.DROP, Act.PASS_OVER, Act.PASS_OVER),
    },
    Relation.RIVAL: {
        "held or ready, never sent": (Act.MERGE, Act.PASS_OVER, Act.PASS_OVER),
        "on the wire": (Act.DUPLICATE, Act.PASS_OVER, Act.PASS_OVER),
        "delivered": (Act.DUPLICATE, Act.PASS_OVER, Act.PASS_OVER),
        "expired, held in vain": (Act.REOPEN, Act.PASS_OVER, Act.PASS_OVER),
        "dropped": (Act.SUPERSEDE, Act.PASS_OVER, Act.PASS_OVER),
    },
    Relation.STRANGER: {
        "held or ready, never sent": (Act.PASS_OVER, Act.PASS_OVER, Act.PASS_OVER),
        "on the wire": (Act.PASS_OVER, Act.PASS_OVER, Act.PASS_OVER),
        "delivered": (Act.PASS_OVER, Act.PASS_OVER, Act.PASS_OVER),
        "expired, held in vain": (Act.PASS_OVER, Act.PASS_OVER, Act.PASS_OVER),
        "dropped": (Act.DROP, Act.PASS_OVER, Act.PASS_OVER),
    },
}


@pytest.mark.parametrize("relation", OTHERS, ids=str)
def test_what_others_do_depends_on_what_ties_them_to_it(relation: Relation) -> None:
    rows = ROWS | {"dropped": [a_row(State.DROPPED, Reason.NO_CONSENT)]}
    for situation, acts in OTHERS[relation].items():
        for row in rows[situation]:
            vouched = VOUCHED * (relation in (Relation.CLAIM, Relation.STRANGER))
            known = replace(row, visitor=b"somebody's", evidence=vouched)
            welcome = {decide(known, status, relation) for status in (ConsentStatus.ALLOWED, ConsentStatus.UNSAID)}
            refused = [decide(known, ConsentStatus.REFUSED, relation, believed=believed) for believed in (True, False)]
            assert (welcome, *refused) == ({acts[0]}, *acts[1:]), (situation, known)


def test_a_refusal_of_any_visit_holds_what_names_none_within_limits() -> None:
    for believed, act in ((True, Act.CONTEST), (False, Act.PASS_OVER)):
        assert decide(a_row(State.READY), ConsentStatus.REFUSED, Relation.RIVAL, believed=believed) is act


def test_the_documentation_names_every_relation() -> None:
    assert all(f"| {relation.name} " in (decision_table.__doc__ or "") for relation in OTHERS)


@pytest.mark.parametrize("known", [row for rows in ROWS.values() for row in rows])
def test_what_ends_at_the_door_touches_nothing(known: Conversion | None) -> None:
    assert decide(known, ConsentStatus.ENDS, enriches=True) is Act.IGNORE


def test_a_second_word_is_sent_once() -> None:
    assert decide(a_row(State.DELIVERED, enriched=True), ConsentStatus.ALLOWED, enriches=True) is Act.DUPLICATE


def test_a_frozen_conversion_takes_no_copies_whatever_its_state() -> None:
    """After a definite non-arrival nothing is at TikTok, but the body that was composed stands."""
    for state in (State.HELD, State.READY, State.WAITING):
        assert decide(a_row(state, frozen=True), ConsentStatus.ALLOWED) is Act.DUPLICATE


@pytest.mark.parametrize(
    ("known", "stated", "reason"),
    [
        (None, Reason.NO_CONSENT, Reason.NO_CONSENT),
        (None, Reason.TEST_ORDER, Reason.TEST_ORDER),
        (a_row(State.READY), Reason.NO_CONSENT, Reason.NO_CONSENT),
        (a_row(State.DROPPED, Reason.NO_CONSENT), None, Reason.DENIED_BY_ANOTHER_COPY),
        (a_row(State.WITHDRAWN, Reason.NO_CONSENT), None, Reason.DENIED_BY_ANOTHER_COPY),
    ],
)
def test_a_dropped_arrival_is_counted_under_its_own_reason(
    known: Conversion | None, stated: Reason | None, reason: Reason
) -> None:
    assert drop_reason(known, stated) is reason


@pytest.mark.parametrize("seqs", [[], [1], [1, 2, 3], [5], [5, 6]])
def test_a_new_journal_may_begin_anywhere_without_a_gap(seqs: list[int]) -> None:
    assert not has_gap(0, groups(seqs))


@pytest.mark.parametrize(("seqs", "gap"), [([], False), ([5], False), ([6], True), ([5, 6], False), ([5, 7], True)])
def test_a_group_that_is_missing_after_the_cursor_is_a_gap(seqs: list[int], *, gap: bool) -> None:
    assert has_gap(4, groups(seqs)) is gap


def groups(seqs: list[int]) -> list[Numbered]:
    return [Numbered(seq, []) for seq in seqs]


def test_the_first_channel_stays_first_and_is_named_once() -> None:
    assert with_channel("server", "server") == "server"
    assert with_channel("server", "browser") == "server+browser"
    assert with_channel("server+browser", "server") == "server+browser"


@pytest.mark.parametrize(
    ("channels", "both"), [("server", False), ("browser", False), ("server+browser", True), ("browser+server", True)]
)
def test_both_channels_means_browser_and_server(channels: str, *, both: bool) -> None:
    assert both_channels(channels) is both


@pytest.mark.parametrize(
    ("lacks", "waits", "ends"),
    [
        (PERMISSION, Reason.CONSENT_NOT_SAID, Reason.CONSENT_NEVER_SAID),
        (CONFIRMATION, Reason.NOT_CONFIRMED, Reason.NEVER_CONFIRMED),
        (PERMISSION | CONFIRMATION, Reason.CONSENT_NOT_SAID, Reason.CONSENT_NEVER_SAID),
        (PERMISSION | CONTEST, Reason.CONSENT_CONTESTED, Reason.CONSENT_CONTESTED),
        (CONFIRMATION | OWNER, Reason.ORDER_REUSED, Reason.ORDER_REUSED),
    ],
)
def test_what_is_held_names_what_it_lacks_permission_first(lacks: int, waits: Reason, ends: Reason) -> None:
    assert (reason_to_wait(lacks), reason_to_end(lacks)) == (waits, ends)


SERVERS = [channel for channel in Channel if channel is not BROWSER]
CONFIRMED = [
    # what a purchase means, who reports, at which stage, without and with a server that confirms
    *(("placed", BROWSER, stage, True, False) for stage in ("", "placed", "paid")),
    *(("paid", BROWSER, stage, False, False) for stage in ("", "placed")),
    ("paid", BROWSER, "paid", True, False),
    *((means, server, "", True, True) for means in STAGES for server in SERVERS),
    *(("paid", server, "placed", False, False) for server in SERVERS),
    *(("paid", server, stage, True, True) for server in SERVERS for stage in ("paid", "shipped")),
    *(("shipped", server, "paid", False, False) for server in SERVERS),
]


@pytest.mark.parametrize(("means", "channel", "stage", "trusted", "awaited"), CONFIRMED)
def test_a_purchase_is_confirmed_in_its_owners_sense(
    means: Stage, channel: Channel, stage: str, *, trusted: bool, awaited: bool
) -> None:
    signal = a_signal(channel=channel, stage=stage)
    rules_of = {mode: PixelRules(purchase_means=means, confirm_purchases=mode) for mode in ("auto", "on", "off")}
    for mode, is_awaited in (("auto", False), ("off", False), ("off", True)):
        assert Terms(rules_of[mode]).confirmed_by(signal, awaited=is_awaited) is trusted
    for mode, is_awaited in (("auto", True), ("on", False), ("on", True)):
        assert Terms(rules_of[mode]).confirmed_by(signal, awaited=is_awaited) is awaited


def test_only_purchases_need_a_confirmation() -> None:
    assert Terms(PixelRules(confirm_purchases="on")).confirmed_by(a_signal(event="Lead", channel=BROWSER), awaited=True)


@pytest.mark.parametrize(
    ("browser_age", "ends"), [(None, 24 * HOUR), (0, 24 * HOUR), (23 * HOUR, 24 * HOUR), (40 * HOUR, 7 * HOUR)]
)
def test_a_hold_lasts_a_day_and_never_beyond_47_hours_after_the_browsers_copy(
    browser_age: int | None, ends: int
) -> None:
    fired = None if browser_age is None else NOW - browser_age
    assert Holding().ends_ms(NOW, fired) == NOW + ends


@pytest.mark.parametrize(
    ("maybe_at_ms", "age_ms", "reason"),
    [
        (NOW, 47 * 3_600_000 - 1, None),
        (NOW, 47 * 3_600_000, Reason.DEDUP_WINDOW),
        (NOW, 30 * DAY, Reason.DEDUP_WINDOW),
        (None, 7 * DAY - 1, None),
        (None, 7 * DAY, Reason.TOO_OLD),
    ],
)
def test_what_tiktok_may_have_and_what_it_never_had_end_at_their_own_age(
    maybe_at_ms: int | None, age_ms: int, reason: Reason | None
) -> None:
    assert Ages().too_late(NOW, maybe_at_ms, NOW + age_ms) is reason


def test_a_long_wait_before_the_first_attempt_does_not_shorten_the_dedup_window() -> None:
    assert Ages().too_late(NOW, NOW + 6 * DAY, NOW + 7 * DAY) is None
