"""A group is read back as it was written; whatever else the bytes are, reading ends in a named answer."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals import BROWSER, DENIED, a_refusal, a_signal, an_undecided
from twinbeam.core.errors import StorageDamaged
from twinbeam.core.values import Facts, Signal
from twinbeam.pipeline.journal.codec import PLAIN, VERSION, decode, decode_each, encode

GROUP = [
    a_signal("e-1", value=20.5, currency="EUR", order_id="1001", visitor="v-1", facts=Facts(ttclid="c", url="u")),
    a_signal("e-2", channel=BROWSER, user={"email": ["ünïcode"]}, lookups=[b"12345678"]),
    an_undecided("e-3"),
    a_refusal("e-4"),
]
BODY = encode(GROUP)
UNPACKED = msgspec.msgpack.encode(GROUP)


def test_a_group_is_read_back_as_it_was_written() -> None:
    assert decode(BODY) == GROUP
    assert decode_each(BODY) == GROUP


def test_a_group_of_the_first_format_is_still_read() -> None:
    assert decode(PLAIN + UNPACKED) == decode_each(PLAIN + UNPACKED) == GROUP


def test_events_that_are_much_alike_take_less_than_half() -> None:
    group = [a_signal(f"e-{n}", value=20.5, currency="EUR", user={"email": f"{n:064x}"}) for n in range(30)]
    assert len(encode(group)) < len(msgspec.msgpack.encode(group)) / 2


def test_an_empty_group_is_a_group() -> None:
    assert decode(encode([])) == decode_each(encode([])) == []


def test_a_tombstone_carries_no_content() -> None:
    (signal,) = decode(encode([a_refusal("e-4")]))
    assert (signal.body, signal.permission) == (b"", DENIED)


def test_a_group_that_was_written_before_a_field_existed_is_still_read() -> None:
    """Fields are added at the end, with a default."""
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode([a_signal("e-1")]))
    old = PLAIN + msgspec.msgpack.encode([fields[0][:12]])
    (signal,) = decode(old)
    assert (signal.event_id, signal.lookups, signal.facts) == ("e-1", [], None)


def test_a_group_of_a_later_version_with_more_fields_is_still_read() -> None:
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode([a_signal("e-1")]))
    newer = PLAIN + msgspec.msgpack.encode([[*fields[0], "something new"]])
    assert decode(newer) == [a_signal("e-1")]


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x03" + BODY[1:], BODY[1:]])
def test_another_format_is_refused_instead_of_guessed(body: bytes) -> None:
    for read in (decode, decode_each):
        with pytest.raises(StorageDamaged, match="this release reads 01 and 02"):
            read(body)


def test_one_bad_item_does_not_take_its_neighbours_along() -> None:
    fields = msgspec.msgpack.decode(UNPACKED)
    bad = ["not a key", *fields[1][1:]]
    body = PLAIN + msgspec.msgpack.encode([fields[0], bad, *fields[2:]])
    with pytest.raises(StorageDamaged):
        decode(body)
    assert decode_each(body) == [GROUP[0], msgspec.msgpack.encode(bad), *GROUP[2:]]


def test_an_item_whose_text_is_no_text_does_not_take_its_neighbours_along() -> None:
    body = PLAIN + UNPACKED.replace(b"e-2", b"\xff-2")
    with pytest.raises(StorageDamaged):
        decode(body)
    first, second, *rest = decode_each(body)
    assert (first, rest) == (GROUP[0], GROUP[2:])
    assert isinstance(second, bytes)


def test_bytes_that_are_no_list_are_one_unreadable_item() -> None:
    for version in (PLAIN, VERSION):
        assert decode_each(version + b"\xc1") == [version + b"\xc1"]


def test_a_frame_that_says_it_holds_more_than_any_group_is_damage() -> None:
    body = VERSION + bytes.fromhex("28b52ffd e0") + (2**62).to_bytes(8, "little") + b"\x01\x00\x00"
    with pytest.raises(StorageDamaged):
        decode(body)
    assert decode_each(body) == [body]


@pytest.mark.parametrize("nest", [b"\x91", b"\x81\xa1a"], ids=["lists", "maps"])
def test_nesting_that_would_break_a_reader_is_damage(nest: bytes) -> None:
    body = PLAIN + nest * 50_000
    with pytest.raises(StorageDamaged):
        decode(body)
    assert decode_each(body) == [body]


@given(st.sampled_from([PLAIN, VERSION]), st.binary(max_size=200))
def test_random_bytes_are_read_or_named_as_damage(version: bytes, junk: bytes) -> None:
    assert_readable(version + junk)


@given(
    st.sampled_from([PLAIN + UNPACKED, BODY]),
    st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_changed_bytes_are_read_or_named_as_damage(group: bytes, changes: list[tuple[int, int]]) -> None:
    body = bytearray(group)
    for position, value in changes:
        body[1 + position % (len(body) - 1)] = value
    assert_readable(bytes(body))


@given(st.integers(1, len(BODY) - 1))
def test_a_group_that_was_cut_short_is_damage(length: int) -> None:
    with pytest.raises(StorageDamaged):
        decode(BODY[:length])
    assert decode_each(BODY[:length]) == [BODY[:length]]


def assert_readable(body: bytes) -> None:
    """Read both ways: they agree, or the careful one isolates what the strict one refuses."""
    items = decode_each(body)
    assert all(isinstance(item, (Signal, bytes)) for item in items)
    try:
        assert decode(body) == items
    except StorageDamaged:
        assert any(isinstance(item, bytes) for item in items)
