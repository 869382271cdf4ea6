"""Let log lines wait for their reader, as a plain stream would, and raise what it raises."""

import os

from twinbeam.observe.stream import Stream


def _write(stream: Stream, text: str) -> int:
    return os.write(stream._handle, text.encode())  # type: ignore[attr-defined]


Stream.write = _write  # type: ignore[method-assign]
