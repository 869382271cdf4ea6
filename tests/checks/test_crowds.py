"""Who stands behind many conversions is counted in bounded memory, without a name that could be read."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from twinbeam.checks.crowds import MOST_NAMES, MOST_VISITORS, Repeats, TopNames


def counted(names):
    top = TopNames()
    for name in names:
        top.add(name)
    return top


@given(st.lists(st.integers(0, 300).map(str), max_size=2_000))
def test_the_count_is_never_too_high_and_never_too_low_by_more_than_its_share(names):
    crowd = counted(names).crowd
    most = max(Counter(names).values(), default=0)
    assert crowd.of == len(names)
    assert most - 2 * len(names) / MOST_NAMES <= crowd.most <= most


def test_memory_is_bounded_and_holds_no_name():
    top = counted(f"{n}@buyer.example" for n in range(5_000))
    assert len(top._counts) == MOST_NAMES
    assert not any(b"buyer" in name for name in top._counts)


def test_the_same_name_has_another_hash_on_another_day():
    assert counted(["ada"])._counts.keys().isdisjoint(counted(["ada"])._counts.keys())


def test_only_the_first_visitors_of_a_day_are_followed():
    repeats = Repeats()
    for visitor in range(2 * MOST_VISITORS):
        repeats.add(visitor)
        repeats.add(visitor)
    assert (repeats.crowd.most, repeats.crowd.of) == (2 * MOST_VISITORS, MOST_VISITORS)
