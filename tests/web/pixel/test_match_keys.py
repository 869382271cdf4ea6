"""Match keys by event and side, what each would add, and why visitors are not matched."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import bought, seen_in_browser
from twinbeam.core.pixel_counts import PixelCount, joined
from twinbeam.core.rates import WEIGHTS
from twinbeam.web.pixel.match_keys.matrix import SIDES, causes, lines_of, total

PAGE = f"/pixels/{WORKSPACE}/{PIXEL}/match-keys"


def carried(side, n, event="Purchase", **keys):
    return [PixelCount(9, "main", PIXEL, "carried", event, joined(side, key), m) for key, m in {"": n, **keys}.items()]


LINES = st.lists(
    st.tuples(
        st.sampled_from(SIDES), st.integers(1, 99), st.fixed_dictionaries(dict.fromkeys(WEIGHTS, st.integers(0, 99)))
    ),
    min_size=1,
)


@given(LINES)
def test_a_score_and_what_all_keys_would_add_are_ten_together(told):
    counts = [it for side, n, keys in told for it in carried(side, n, **{key: min(n, m) for key, m in keys.items()})]
    for line in [*lines_of(counts, 0), total(lines_of(counts, 0))]:
        assert line.score + sum(line.gain(key) for key in WEIGHTS) == pytest.approx(10)
        assert 0 <= round(line.score, 6) <= 10
        assert [gain for _, gain in line.gains] == sorted((gain for _, gain in line.gains), reverse=True)


def test_the_bands_are_told_with_what_to_do():
    every = dict.fromkeys(WEIGHTS, 10)
    assert total(lines_of(carried("both", 10, **every), 0)).band.name == "great"
    assert total(lines_of(carried("both", 10), 0)).band.name == "poor"


def test_a_side_that_lacks_what_it_could_know_is_named_as_a_cause():
    found = causes(lines_of(carried("server", 40, ttclid=40, ttp=40, email=40), 0), [], 0)
    assert len(found) == 1
    assert found[0].startswith("40 of 40 conversions of the server alone lack the visitor's IP address")
    assert causes(lines_of(carried("server", 19), 0), [], 0) == []


def test_each_share_leads_to_the_conversions_that_carried_the_key(room):
    room.add_pixel()
    users = {"email": "a" * 64, "ttclid": "c"}
    room.record(*(seen_in_browser(str(n), user=users if n < 3 else {}) for n in range(5)))
    room.record(*(bought(str(n), user=users) for n in range(20, 24)))
    room.clock.advance(seconds=600)
    room.deliver()
    answer = room.get(PAGE)
    assert "Purchase server only 4 100 % 100 % 0 % 0 % 0 % 0 % 4.5" in words(answer)
    (link,) = re.findall(r'href="([^"]*seen=server[^"]*carries=email[^"]*)"', answer.text)
    assert room.get(link.replace("&amp;", "&")).text.count("data-key=") == 4


def test_without_a_delivery_it_teaches_what_match_keys_are(room):
    room.add_pixel()
    assert "so no match key was carried" in words(room.get(PAGE))
