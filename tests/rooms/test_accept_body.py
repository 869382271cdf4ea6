import asyncio
import gzip
import zlib

import pytest

from twinbeam.pipeline.accept.body import GONE, read_body
from twinbeam.pipeline.accept.problems import MOST_BYTES, Problem, ProblemCode


def read(parts, headers=None, *, cut=False, **options):
    queue = [
        {"type": "http.request", "body": part, "more_body": cut or position < len(parts)}
        for position, part in enumerate(parts, start=1)
    ]

    async def receive():
        return queue.pop(0) if queue else {"type": "http.disconnect"}

    return asyncio.run(read_body(receive, headers or {}, **options))


def assert_refused(answer, code):
    assert isinstance(answer, Problem)
    assert answer.code is code


def test_a_body_is_the_same_whole_or_in_parts():
    assert read([b"abc"]) == read([b"a", b"", b"bc"]) == b"abc"


def test_a_message_without_a_body_is_an_empty_one():
    async def receive():
        return {"type": "http.request"}

    assert asyncio.run(read_body(receive, {})) == b""


def test_a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not():
    assert len(read([b"x" * MOST_BYTES])) == MOST_BYTES
    assert_refused(read([b"x" * MOST_BYTES, b"x"]), ProblemCode.TOO_LARGE)
    assert_refused(read([b"x" * (MOST_BYTES + 1)]), ProblemCode.TOO_LARGE)


def test_a_body_without_end_is_read_only_up_to_the_limit():
    parts = 0

    async def receive():
        nonlocal parts
        parts += 1
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    assert_refused(asyncio.run(read_body(receive, {})), ProblemCode.TOO_LARGE)
    assert parts == MOST_BYTES // 65_536 + 1


def test_a_trickled_body_is_given_up():
    async def receive():
        if started:
            await asyncio.Event().wait()
        started.append(True)
        return {"type": "http.request", "body": b"{", "more_body": True}

    started = []
    assert_refused(asyncio.run(read_body(receive, {}, patience_seconds=0.01)), ProblemCode.TOO_SLOW)


def test_nobody_waits_any_more_for_the_rest_of_a_body_that_was_given_up():
    cleared = []

    async def receive():
        if not began:
            began.append(True)
            return {"type": "http.request", "body": b"{", "more_body": True}
        try:
            await asyncio.Event().wait()
        finally:
            cleared.append(True)

    began = []
    assert_refused(asyncio.run(read_body(receive, {}, patience_seconds=0.01)), ProblemCode.TOO_SLOW)
    assert cleared == [True]


def test_the_time_is_that_of_the_whole_body():
    async def receive():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    assert_refused(asyncio.run(read_body(receive, {}, patience_seconds=0.1)), ProblemCode.TOO_SLOW)


def test_a_body_that_comes_late_but_in_time_is_taken():
    parts = [b"a", b"b", b"c"]

    async def receive():
        await asyncio.sleep(0.001)
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    assert asyncio.run(read_body(receive, {})) == b"abc"


def test_whoever_ends_the_request_ends_the_wait_for_its_body():
    async def receive():
        await asyncio.Event().wait()

    async def hang_up():
        reading = asyncio.create_task(read_body(receive, {}))
        await asyncio.sleep(0)
        reading.cancel()
        await reading

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(hang_up())


@pytest.mark.parametrize("parts", [[], [b"{"]])
def test_a_client_that_hangs_up_leaves_nothing(parts):
    assert read(parts, cut=True) is GONE


@pytest.mark.parametrize("encoding", [b"gzip", b"x-gzip", b" GZIP "])
def test_gzip_is_inflated(encoding):
    assert read([gzip.compress(b"{}", mtime=0)], {b"content-encoding": encoding}) == b"{}"


@pytest.mark.parametrize("encoding", [b"identity", b""])
def test_no_encoding_may_be_named(encoding):
    assert read([b"{}"], {b"content-encoding": encoding}) == b"{}"


@pytest.mark.parametrize("encoding", [b"br", b"zstd", b"deflate", b"gzip, gzip", b"\xff"])
def test_other_encodings_are_refused(encoding):
    assert_refused(read([b"{}"], {b"content-encoding": encoding}), ProblemCode.UNKNOWN_CONTENT_ENCODING)


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"{}",
        gzip.compress(b"{}", mtime=0)[:-1],
        gzip.compress(b"{}", mtime=0)[:5],
        gzip.compress(b"{}", mtime=0) + b"trailing",
        gzip.compress(b"{}", mtime=0) * 2,
        zlib.compress(b"{}"),
        gzip.compress(b"{}", mtime=0)[:-8] + b"\0" * 8,
    ],
)
def test_anything_but_one_whole_gzip_stream_is_refused(wire):
    assert_refused(read([wire], {b"content-encoding": b"gzip"}), ProblemCode.BAD_GZIP)


def test_a_bomb_is_stopped_while_it_is_inflated():
    bomb = gzip.compress(b"\0" * 200 * MOST_BYTES, mtime=0)
    assert len(bomb) < MOST_BYTES
    assert_refused(read([bomb], {b"content-encoding": b"gzip"}), ProblemCode.TOO_LARGE)


def test_the_limit_counts_the_inflated_bytes():
    fits, exceeds = gzip.compress(b"x" * MOST_BYTES, mtime=0), gzip.compress(b"x" * (MOST_BYTES + 1))
    assert len(read([fits], {b"content-encoding": b"gzip"})) == MOST_BYTES
    assert_refused(read([exceeds], {b"content-encoding": b"gzip"}), ProblemCode.TOO_LARGE)


def test_a_byte_order_mark_is_skipped():
    assert read(["\ufeff{}".encode()]) == b"{}"
    assert read([gzip.compress("\ufeff{}".encode())], {b"content-encoding": b"gzip"}) == b"{}"
