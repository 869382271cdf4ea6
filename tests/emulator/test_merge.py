"""Laws of merging two copies (tiktok.md 7.3)."""

from hypothesis import given
from hypothesis import strategies as st

from tiktok_emulator.merge import UNITED, merged

texts = st.text(max_size=5)
leaves = st.none() | texts | st.integers() | st.lists(texts, max_size=2)
users = st.dictionaries(st.sampled_from([*sorted(UNITED), "ttp", "ip"]), leaves, max_size=5)
events = st.fixed_dictionaries(
    {"event": texts, "event_time": st.integers()}, optional={"user": users, "properties": users}
)


def present(event):
    """List the paths of all values that are not missing."""
    return {
        (parent, key)
        for parent in ("user", "properties")
        for key, value in event.get(parent, {}).items()
        if value not in (None, "", [])
    }


@given(events, events)
def test_nothing_present_in_either_copy_is_lost(first, later):
    assert present(merged(first, later)) == present(first) | present(later)


@given(events, events)
def test_the_first_copys_values_stay(first, later):
    result = merged(first, later)
    for parent, key in present(first):
        if key not in UNITED:
            assert result[parent][key] == first[parent][key]
    assert result["event_time"] == first["event_time"]


@given(events, events)
def test_merging_the_same_copy_again_changes_nothing(first, later):
    once = merged(first, later)
    assert merged(once, later) == once


@given(events, events)
def test_identifiers_of_both_copies_are_united(first, later):
    result = merged(first, later)
    for parent, key in present(result):
        if key in UNITED:
            both = listed(first.get(parent, {}).get(key)) | listed(later.get(parent, {}).get(key))
            assert both <= listed(result[parent][key])


def listed(value):
    """Give the identifiers of a field that may be single or a list, without empty ones."""
    return {each for each in (value if isinstance(value, list) else [value]) if each not in (None, "")}


@given(events, events)
def test_the_copies_themselves_are_left_alone(first, later):
    before = repr((first, later))
    merged(first, later)
    assert repr((first, later)) == before
