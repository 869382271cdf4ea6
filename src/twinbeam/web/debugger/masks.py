"""How an event is shown as it goes out: what tells of a person is hidden, and no token is in it."""

import shlex
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from twinbeam.core.delivery import Lane

HIDDEN = "(hidden)"
#: Parts of an event of which every value tells of a person or a visit.
_WHOLE = frozenset({"user", "page", "lead"})

Compose = Callable[[Lane, Sequence[tuple[str, bytes]]], bytes]


class WireRequests(Struct, frozen=True):
    """How a request to TikTok is put together, and where it goes."""

    url: str
    compose: Compose


def no_request(_lane: Lane, _events: Sequence[tuple[str, bytes]]) -> bytes:
    """Compose nothing."""
    return b"{}"


NO_WIRE = WireRequests("", no_request)


def is_hidden(path: str) -> bool:
    """Return whether what stands at a path of an event tells of a person."""
    return path.partition(".")[0] in _WHOLE


def hidden(event: bytes) -> bytes:
    """Return an event with every value hidden that tells of a person."""
    said: dict[str, Any] = msgspec.json.decode(event)
    return msgspec.json.encode({name: _masked(value) if name in _WHOLE else value for name, value in said.items()})


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _masked(it) for name, it in value.items()}
    return [_masked(it) for it in value] if isinstance(value, list) else HIDDEN


def wire_text(body: bytes, url: str) -> tuple[str, str]:
    """Return a body for people to read, and the command that sends it; whoever runs it puts the token in."""
    data = shlex.quote(body.decode())
    command = (
        f"curl -X POST {shlex.quote(url)} \\\n  -H 'Content-Type: application/json' \\\n"
        f'  -H "Access-Token: $ACCESS_TOKEN" \\\n  --data-raw {data}'
    )
    return msgspec.json.format(body, indent=2).decode(), command
