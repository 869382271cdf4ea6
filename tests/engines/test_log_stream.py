"""Standard error, taken over: nothing raises, nothing waits, what is dropped is counted and told."""

import os
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest

from running import wait_until
from twinbeam.observe.stream import Stream

pytestmark = pytest.mark.outside("log")
FULL = Path("/dev/full")


def test_lines_reach_the_reader_in_their_order():
    reading, writing = os.pipe()
    stream = Stream(writing).started()
    for n in range(500):
        stream.line(f"line {n}")
    with os.fdopen(reading) as reader:
        assert [reader.readline() for _ in range(500)] == [f"line {n}\n" for n in range(500)]
    assert stream.dropped == 0


def test_a_reader_that_stands_still_keeps_nobody_waiting_and_what_was_dropped_is_told_afterwards():
    reading, writing = os.pipe()
    stream, told = Stream(writing, most_waiting=10_000).started(), []
    stream.told = told.append
    taken_in = threading.Thread(target=lambda: [stream.line("x" * 99) for _ in range(5_000)], daemon=True)
    taken_in.start()
    taken_in.join(10)
    assert not taken_in.is_alive(), "it waited for the reader"
    assert stream.dropped > 4_000
    os.set_blocking(reading, False)
    got = bytearray()

    def read_on() -> bool:
        with suppress(BlockingIOError):
            got.extend(os.read(reading, 65_536))
        return sum(told) == stream.dropped and got.count(b"\n") + stream.dropped == 5_000

    wait_until(read_on, "every line is read, or counted and told of")
    assert set(bytes(got).split(b"\n")) == {b"x" * 99, b""}, "a line was torn"
    os.close(reading)


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
def test_a_full_disk_is_counted_and_raises_nothing():
    with FULL.open("wb", buffering=0) as full:
        stream = Stream(full.fileno()).started()
        for _ in range(3):
            stream.line("lost")
        wait_until(lambda: stream.dropped == 3, "all lines are counted")
        stream.finish()


def test_a_reader_that_is_gone_is_counted_and_raises_nothing():
    reading, writing = os.pipe()
    os.close(reading)
    stream = Stream(writing).started()
    stream.line("lost")
    wait_until(lambda: stream.dropped == 1, "the line is counted")


def test_without_a_standard_error_lines_are_counted():
    stream = Stream(-1).started()
    stream.line("lost")
    wait_until(lambda: stream.dropped == 1, "the line is counted")


def test_what_asks_a_stream_what_it_is_gets_an_answer():
    with closing(Stream(-1)) as stream:
        assert stream.writable()
        assert not stream.isatty()
        with pytest.raises(TypeError):
            stream.write(b"")
        with pytest.raises(OSError, match="no standard error"):
            stream.fileno()
