"""What visitors said, what was decided, what contradicts itself, and the file of it."""

import csv
import io
import re

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import bought, kept_out, seen_in_browser
from signals import granted
from twinbeam.core.consent import DatedAnswer, Region
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.pixel_counts import ConsentWord, Decided, PixelCount, joined
from twinbeam.core.story import Count
from twinbeam.core.values import Channel, Decision, Permission
from twinbeam.pipeline.record.counters import FINDING
from twinbeam.web.pixel.consent import view
from twinbeam.web.pixel.consent.asked import rows_behind
from twinbeam.web.pixel.consent.words import COUNTED, banner, contradictions, said_of, words_of
from twinbeam.web.pixel.period import Period

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
    assert contradictions(told, [])[0].sentence.startswith(
        "Purchase: the server says nothing of consent in 25 of 25 copies"
    )
    assert contradictions(words_of([said("browser", "granted", 30), said("server", "nothing", 9)]), []) == []


def test_shares_that_are_far_apart_and_refusals_of_other_copies_are_named():
    told = words_of([said("browser", "granted", 15), said("browser", "denied", 15), said("server", "granted", 30)])
    counts = [counted(Outcome.DROPPED, Reason.DENIED_BY_ANOTHER_COPY, 3)]
    apart, other = contradictions(told, counts)
    assert apart.sentence.startswith("Purchase: granted say 100% of the server's copies, and 50% of the browser's")
    assert other.sentence.startswith("3 copies came after another copy")


def link(name, text):
    return re.search(rf'href="([^"]+)">{name}</a>', text)[1].replace("&amp;", "&")


def rows(answer):
    return re.findall(r'<tr role="row" data-key="([^"]+)"', answer.text)


def test_a_contradiction_leads_to_its_conversions(room):
    room.add_pixel()
    told = {"consent": granted(), "observed": ["native_before_consent"]}
    room.record(*(seen_in_browser(str(n), **told) for n in range(25)), *(bought(str(n)) for n in range(25)))
    text = room.get(PAGE).text
    both = room.get(link("conversions that both reported", text))
    server = room.get(link("the server&#39;s newest copies", text))
    found = room.get(link("their conversions", text))
    assert [len(rows(it)) for it in (both, server, found)] == [25, 25, 25]


def test_every_contradiction_leads_somewhere(room):
    counts = [counted(*it, 3) for it in COUNTED]
    found = contradictions([], counts)
    assert len(found) == len(COUNTED)
    links = [link for it in found for _, link in rows_behind(it, (WORKSPACE, PIXEL), Period(7, 20_000))]
    assert [room.get(link).status for link in links] == [200] * len(COUNTED)


def test_what_visitors_said_is_narrowed_by_event_channel_region_and_word(room):
    room.add_pixel()
    german, nowhere = granted(), replace(granted(), region=Region())
    room.record(seen_in_browser("1", consent=german), seen_in_browser("2", consent=nowhere), bought("3", event="Lead"))
    room.record(kept_out("4"))

    def shown(query):
        table = room.get(f"{PAGE}?{query}").text.partition('id="detail"')[2]
        return len(re.findall(r'<tr role="row"><td', table))

    assert shown("") == 4
    assert shown("event=Lead") == 1
    assert shown("channel=browser") == 2
    assert (shown("region=DE"), shown("region=none")) == (1, 3)
    assert shown("said=denied") == 1
    assert shown("said=denied&channel=browser") == 0
    assert "None in the last 7 UTC days is like that." in words(room.get(f"{PAGE}?event=Nothing"))


def test_each_number_leads_to_its_copies_in_the_debugger(busy):
    text = busy.get(PAGE).text.partition('id="detail"')[2]
    found = re.findall(r'<a href="(/debugger\?[^"]+)">(\d+)</a>', text)
    assert sum(int(n) for _, n in found) == 76
    for address, n in found:
        answer = busy.get(address.replace("&amp;", "&"))
        assert len(rows(answer)) == min(int(n), 50)


def test_who_told_of_consent_is_named_and_compared(room):
    room.add_pixel()
    denied = replace(granted(), ad_storage=DatedAnswer(1, "denied"), source="onetrust")
    refused = Permission(Decision.DROPPED, "ad_storage=denied", Reason.NO_CONSENT)
    room.record(*(seen_in_browser(f"a{n}", consent=replace(granted(), source="tcf")) for n in range(25)))
    room.record(*(kept_out(f"b{n}", refused, channel=Channel.BROWSER, consent=denied) for n in range(20)))
    room.record(bought("1", pixel="C0EXAMPLEPIXELCODE21", consent=replace(granted(), source="other")), bought("2"))
    text = words(room.get(PAGE))
    assert "tcf IAB's TCF, by whichever platform browser 25 100 % 25" in text
    assert "onetrust browser 20 0 % 20" in text
    assert "tcf says granted in 100% of its copies, and onetrust in 0%." in text
    assert "other browser" not in text


def test_who_told_of_consent_is_looked_for_among_the_newest_arrivals_alone(room, monkeypatch):
    room.add_pixel()
    room.record(*(seen_in_browser(f"a{n}", consent=replace(granted(), source="older")) for n in range(20)))
    room.record(*(seen_in_browser(f"b{n}", consent=replace(granted(), source="newer")) for n in range(20)))
    monkeypatch.setattr(view, "MOST_LOOKED_AT", 20)
    text = words(room.get(PAGE))
    assert "newer browser 20" in text
    assert "older browser" not in text
    assert "among the newest 20 that the debugger keeps" in text


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
