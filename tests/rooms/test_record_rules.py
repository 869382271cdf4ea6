"""The table of decisions, cell by cell, against the one in the module's own docstring; and the join window's sums."""

import re
from itertools import product

import pytest

from signals import DAY, NOW, a_refusal, a_signal, an_undecided
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Signal
from twinbeam.pipeline.record import rules
from twinbeam.pipeline.record.contract import Numbered, has_gap
from twinbeam.pipeline.record.conversion import Conversion, both_channels, with_channel
from twinbeam.pipeline.record.rules import Act, decide, drop_reason
from twinbeam.pipeline.record.window import JoinWindow
from twinbeam.pipeline.send.limits import Ages

COPIES = {
    "an allowed copy": a_signal(),
    "a copy without a word on consent": an_undecided(),
    "a refusal": a_refusal(),
}


def a_row(state: State, reason: str = "", *, frozen: bool = False) -> Conversion:
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
    )


ROWS: dict[str, list[Conversion | None]] = {
    "unknown": [None],
    "dropped, refused": [a_row(State.DROPPED, Reason.NO_CONSENT), a_row(State.DROPPED, Reason.DENIED_BY_ANOTHER_COPY)],
    "dropped, nothing said": [a_row(State.DROPPED, Reason.CONSENT_NOT_SAID)],
    "unsent, never attempted": [a_row(State.READY), a_row(State.HELD)],
    "waiting after an attempt": [a_row(State.WAITING, frozen=True)],
    "on the wire": [a_row(State.LEASED, frozen=True), a_row(State.LEASED, Reason.NO_CONSENT, frozen=True)],
    "withdrawn": [a_row(State.WITHDRAWN, Reason.NO_CONSENT), a_row(State.WITHDRAWN, Reason.NO_CONSENT, frozen=True)],
    "ended otherwise": [
        a_row(State.DELIVERED, frozen=True),
        a_row(State.REFUSED, Reason.REFUSED_BY_TIKTOK, frozen=True),
        a_row(State.EXPIRED, Reason.DEDUP_WINDOW, frozen=True),
        a_row(State.EXPIRED, Reason.TOO_OLD),
        a_row(State.ERASED),
    ],
}


def the_documented_table() -> dict[tuple[str, str], Act]:
    """Read the docstring: an act is named in capitals, or the arrival alone is counted."""
    lines = [line.strip("| \n").split("|") for line in (rules.__doc__ or "").splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line] for line in lines]
    return {(name, copy): act_of(cell) for name, *cells in rows for copy, cell in zip(head[1:], cells, strict=True)}


def act_of(cell: str) -> Act:
    named = re.search(r"[A-Z_]{4,}", cell)
    return Act[named[0]] if named else {"dropped": Act.DROP, "duplicate": Act.DUPLICATE}[cell]


def test_the_documentation_names_every_row_and_every_kind_of_copy() -> None:
    assert the_documented_table().keys() == set(product(ROWS, COPIES))


def test_the_rows_cover_every_state() -> None:
    assert {row.state for rows in ROWS.values() for row in rows if row} == set(State)


@pytest.mark.parametrize(("row", "copy"), list(product(ROWS, COPIES)), ids=str)
def test_every_cell_decides_as_documented(row: str, copy: str) -> None:
    expected = the_documented_table()[row, copy]
    assert [decide(known, COPIES[copy]) for known in ROWS[row]] == [expected] * len(ROWS[row])


def test_a_frozen_conversion_takes_no_copies_whatever_its_state() -> None:
    """After a definite non-arrival nothing is at TikTok, but the body that was composed stands."""
    for state in (State.HELD, State.READY, State.WAITING):
        assert decide(a_row(state, frozen=True), a_signal()) is Act.DUPLICATE


@pytest.mark.parametrize(
    ("known", "signal", "reason"),
    [
        (None, a_refusal(), Reason.NO_CONSENT),
        (None, an_undecided(), Reason.CONSENT_NOT_SAID),
        (a_row(State.READY), an_undecided(), Reason.CONSENT_NOT_SAID),
        (a_row(State.READY), a_refusal(), Reason.NO_CONSENT),
        (a_row(State.DROPPED, Reason.NO_CONSENT), a_signal(), Reason.DENIED_BY_ANOTHER_COPY),
        (a_row(State.WITHDRAWN, Reason.NO_CONSENT), a_signal(), Reason.DENIED_BY_ANOTHER_COPY),
    ],
)
def test_a_dropped_arrival_is_counted_under_its_own_reason(
    known: Conversion | None, signal: Signal, reason: Reason
) -> None:
    assert drop_reason(known, signal) is reason


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


def test_only_where_a_twin_is_likely_a_copy_waits_for_it() -> None:
    window = JoinWindow(wait_ms=500, events=frozenset({"Lead"}))
    assert window.due_ms("Lead", NOW, two_sided=True) == NOW + 500
    assert window.due_ms("Lead", NOW, two_sided=False) == NOW
    assert window.due_ms("Purchase", NOW, two_sided=True) == NOW


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
