"""Structured log lines on standard error: JSON for machines, plain text for people."""

import logging
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import structlog

_LEVELS = {
    "surprise": "error",
    "crashed": "error",
    "evicted": "warning",
    "hung": "error",
    "gap": "error",
    "quarantined": "error",
    "damaged": "error",
    "odd_answer": "warning",
    "open": "warning",
    "public": "warning",
    "tightened": "warning",
}


def configure(log_format: str) -> None:
    """Set the process's log format; call once, first."""
    renderer: Any = structlog.processors.JSONRenderer() if log_format == "json" else _console()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),  # one write a line: processes share the stream
        cache_logger_on_first_use=True,
    )


def named(process: str, **context: object) -> Any:
    """Give the logger of one process; its lines carry the name."""
    return structlog.get_logger().bind(process=process, **context)


def level_of(event: str, fields: Mapping[str, object] = MappingProxyType({})) -> str:
    """
    Choose the level of a happening by its last word: ERROR means that a person should look.

    An attempt is routine, but nothing goes on by itself where TikTok refuses the token.
    """
    if fields.get("verdict") == "TokenRejected":
        return "warning"
    return _LEVELS.get(event.rpartition(".")[2], "info")


def _console() -> Any:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24)
