"""What visitors said, what was decided, what contradicts itself, and the file of it."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from builders import PIXEL, WORKSPACE
from reading import words
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.pixel_counts import ConsentWord, Decided, PixelCount, joined
from twinbeam.core.story import Count
from twinbeam.core.values import Channel
from twinbeam.pipeline.record.counters import FINDING
from twinbeam.web.pixel.consent.words import banner, contradictions, said_of, words_of

PAGE = f"/pixels/{WORKSPACE}/{PIXEL}/consent"


def said(channel, word, n, *, region="DE", decided=Decided.ALLOWED, event="Purchase"):
    return PixelCount(9, "main", PIXEL, "consent", event, joined(channel, region, word, decided), n)


def counted(outcome, reason, n):
    return Count(9, "main", PIXEL, "Purchase", outcome, reason, n)


COUNTS = st.builds(
    said,
    st.sampled_from(Channel),
    st.sampled_from(ConsentWord),
    st.integers(1, 99),
    region=st.sampled_from(["", "DE", "US-CA"]),
    decided=st.sampled_from(Decided),
    event=st.sampled_from(["Purchase", "Lead"]),
)


@given(st.lists(COUNTS))
def test_every_copy_stands_in_one_row(counts):
    whole = sum(count.n for count in counts)
    assert sum(word.n for word in words_of(counts)) == whole
    assert sum(said_of(words_of(counts)).values()) == whole


def test_a_server_that_says_nothing_where_the_browser_does_contradicts_it():
    told = words_of([said("browser", "granted", 30), said("server", "nothing", 25)])
    assert contradictions(told, [])[0].startswith("Purchase: the server says nothing of consent in 25 of 25 copies")
    assert contradictions(words_of([said("browser", "granted", 30), said("server", "nothing", 9)]), []) == []


def test_shares_that_are_far_apart_and_refusals_of_other_copies_are_named():
    told = words_of([said("browser", "granted", 15), said("browser", "denied", 15), said("server", "granted", 30)])
    counts = [counted(Outcome.DROPPED, Reason.DENIED_BY_ANOTHER_COPY, 3)]
    apart, other = contradictions(told, counts)
    assert apart.startswith("Purchase: granted say 100% of the server's copies, and 50% of the browser's")
    assert other.startswith("3 copies came after another copy")


def rights(counts, findings=()):
    return [check.is_right for check in banner(words_of(counts), list(findings))]


def test_a_banner_is_checked_by_what_pages_report():
    assert rights([]) == [None, None, None, None, None]
    assert rights([said("browser", "granted", 150), said("browser", "denied", 30)]) == [True] * 5
    wrong = [
        said("browser", "granted", 100, region=""),
        said("browser", "undecided", 9),
        said("browser", "nothing", 91),
    ]
    before = [counted(FINDING, Finding.NATIVE_BEFORE_CONSENT, 1)]
    assert rights(wrong, before) == [False, False, False, False, False]


def test_the_file_holds_all_that_the_page_adds_up(busy):
    assert "Denied 6, nothing said 70." in words(busy.get(PAGE))
    answer = busy.get(f"{PAGE}/csv?days=7", who="viewer")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert sum(int(row["copies"]) for row in rows) == 76
    assert {(row["said"], row["decided"]) for row in rows} == {
        ("denied", "dropped"),
        ("nothing", "allowed"),
        ("nothing", "waits"),
    }
    assert busy.get(f"{PAGE}/csv", who="viewer", workspace="acme").status == 404
