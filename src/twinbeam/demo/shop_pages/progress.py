"""What a visitor may see of an order's or a question's way: who has reported it, and what became of it."""

from collections.abc import Mapping
from typing import Any

from twinbeam.core.lifecycle import UNSENT, State

_NOT_YET = {"browser": False, "server": False, "sent": False, "done": False, "sentence": "Nothing has come yet."}


def progress_of(conversion: Mapping[str, Any] | None) -> dict[str, Any]:
    """Put a conversion, as the gateway's read API tells it, into what the page shows."""
    if conversion is None:
        return _NOT_YET
    channels, state = conversion["channels"], conversion["state"]
    return {
        "browser": "browser" in channels,
        "server": "server" in channels,
        "sent": state == State.DELIVERED,
        "done": State(state) not in UNSENT,
        "sentence": conversion["reason_sentence"] or conversion["state_sentence"],
    }
