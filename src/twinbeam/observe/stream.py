"""
Standard error as a stream that never raises and never blocks: what nobody takes is dropped and counted.

A log's reader may be gone, stand still, or have no room; none of that may reach an event. So lines wait in memory for
a thread of their own, which alone may wait for the reader. A stream set to non-blocking would be set so for every
process that shares it, and many cannot be opened a second time by the account that a service runs as.
"""

import atexit
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from io import TextIOBase
from typing import Self

#: Characters that may wait for a reader: some thousand lines.
MOST_WAITING = 1_048_576
#: A write of so many bytes goes into a pipe as a whole, so that lines of several processes do not mix (POSIX PIPE_BUF).
_AT_ONCE = 4_096
#: How long an ending process waits for a reader.
FAREWELL_SECONDS = 1.0
_NOBODY = -1  #: there is no standard error


class Stream(TextIOBase):
    """Takes text in whole lines from any thread; the thread `log` writes it to a file descriptor."""

    def __init__(self, handle: int, *, most_waiting: int = MOST_WAITING) -> None:
        self.dropped = 0  #: lines that nobody took, since the process began
        self.told: Callable[[int], None] | None = None  #: is told how many, once lines are taken again
        self._told_of = 0
        self._handle = handle
        self._most_waiting = most_waiting
        self._texts: deque[str] = deque()
        self._waiting = 0  # characters, until they are written
        self._lock = threading.Lock()  # of the two above
        self._stirred = threading.Event()
        self._torn = False  # the last write ended inside a line
        self._writer = threading.Thread(target=self._write_on, name="log", daemon=True)

    @classmethod
    def of_standard_error(cls) -> Self:
        """Open the process's standard error, which may be closed."""
        try:
            handle = sys.stderr.fileno()
        except (AttributeError, OSError, ValueError):
            handle = _NOBODY
        return cls(handle).started()

    def started(self) -> Self:
        """Begin to write."""
        self._writer.start()
        return self

    def write(self, text: str) -> int:
        """Take text in; it is written as soon as the reader takes it, or dropped where too much waits."""
        if not isinstance(text, str):
            raise TypeError("this stream takes text")  # how others find out what a stream takes
        with self._lock:
            fits = self._waiting + len(text) <= self._most_waiting or threading.current_thread() is self._writer
            if fits:
                self._waiting += len(text)
                self._texts.append(text)
            else:
                self.dropped += 1
        if not self._stirred.is_set():
            self._stirred.set()
        return len(text)

    def line(self, text: str) -> None:
        """Take a line in; its end is added."""
        self.write(f"{text}\n")

    #: What a logger of structlog's is called, whatever the level.
    debug = info = warning = error = critical = exception = line

    def writable(self) -> bool:
        """Be a stream that may be written to."""
        return True

    def fileno(self) -> int:
        """Return the descriptor behind it; raises OSError where there is none."""
        if self._handle == _NOBODY:
            raise OSError("there is no standard error")
        return self._handle

    def isatty(self) -> bool:
        """Return whether a person looks on."""
        return self._handle != _NOBODY and os.isatty(self._handle)

    def finish(self, seconds: float = FAREWELL_SECONDS) -> None:
        """Give the reader a moment to take what waits."""
        deadline = time.monotonic() + seconds
        while self._waiting and time.monotonic() < deadline:
            time.sleep(0.005)

    def _write_on(self) -> None:
        while True:
            self._stirred.wait()
            self._stirred.clear()
            while text := self._taken():
                self._send(text)

    def _taken(self) -> str:
        """Take the lines that go into one write together, or nothing."""
        taken: list[str] = []
        size = 0
        with self._lock:
            while self._texts and (not taken or size + len(self._texts[0]) <= _AT_ONCE):
                taken.append(self._texts.popleft())
                size += len(taken[-1])
        return "".join(taken)

    def _send(self, text: str) -> None:
        rest = (("\n" if self._torn else "") + text).encode(errors="backslashreplace")
        size = len(rest)
        try:
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        except OSError:
            self._torn = self._torn or len(rest) < size
        else:
            self._torn = False
        with self._lock:
            self._waiting -= len(text)
            self.dropped += rest.count(b"\n")
        if not rest:
            self._tell()

    def _tell(self) -> None:
        """Say, now that lines are taken again, how many were not."""
        missing = self.dropped - self._told_of
        if missing and self.told is not None:
            self._told_of += missing
            self.told(missing)


def spare_standard_streams() -> None:
    """Fill closed standard streams, so that no file of ours is opened in their place and written to as a log."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(handle, True)
    os.close(handle)


def take_over_standard_error() -> Stream:
    """Let all that this process says, uncaught exceptions too, go through a stream that never blocks."""
    spare_standard_streams()
    stream = Stream.of_standard_error()
    sys.stderr = stream
    atexit.register(stream.finish)
    return stream
