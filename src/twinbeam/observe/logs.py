"""
Structured log lines on standard error: JSON for machines, plain text for people.

A line never raises into the program and never makes it wait (stream.py): what nobody takes is dropped and counted.
"""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import structlog

from twinbeam.observe.stream import Stream, take_over_standard_error

_streams: list[Stream] = []  #: the one that this process's lines go to, once it is configured

_LEVELS = {
    "surprise": "error",
    "crashed": "error",
    "began": "warning",
    "evicted": "warning",
    "failed": "warning",
    "hung": "error",
    "gap": "error",
    "quarantined": "error",
    "unledgered": "error",
    "damaged": "error",
    "dropped": "warning",
    "lost": "error",
    "gone": "error",
    "behind": "error",
    "closed": "error",
    "parted": "error",
    "left": "warning",
    "odd_answer": "warning",
    "open": "warning",
    "public": "warning",
    "tightened": "warning",
    "uncounted": "warning",
}


def configure(log_format: str) -> None:
    """Set the process's log format, and let standard error never block; call once, first."""
    stream = take_over_standard_error()
    _streams[:] = [stream]
    renderer: Any = structlog.processors.JSONRenderer() if log_format == "json" else _console(stream)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: stream,
        cache_logger_on_first_use=True,
    )


def named(process: str, **context: object) -> Any:
    """Return the logger of one process; its lines carry the name, and it tells of the lines that nobody took."""
    log = structlog.get_logger().bind(process=process, **context)
    for stream in _streams:
        stream.told = lambda lines: log.warning("log.dropped", lines=lines)
    return log


def say(sentence: str) -> None:
    """Say one plain sentence before the process ends, and give its reader a moment."""
    for stream in _streams:
        stream.line(sentence)
        stream.finish()


def say_on_terminal(sentence: str) -> None:
    """Say a sentence to whoever started the process on a terminal, and to nobody else."""
    for stream in _streams:
        if stream.isatty():
            stream.line(sentence)


def dropped_lines() -> int:
    """Return how many lines of this process nobody took."""
    return sum(stream.dropped for stream in _streams)


def level_of(event: str, fields: Mapping[str, object] = MappingProxyType({})) -> str:
    """
    Choose the level of a happening by its last word: ERROR means that a person should look.

    An attempt is routine, but nothing goes on by itself where TikTok refuses the token.
    """
    if fields.get("verdict") == "TokenRejected":
        return "warning"
    return _LEVELS.get(event.rpartition(".")[2], "info")


def _console(stream: Stream) -> Any:
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=24)
