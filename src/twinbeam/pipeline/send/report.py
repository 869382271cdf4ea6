"""How this room tells what it does, without knowing who writes logs or counts metrics."""

from traceback import extract_tb
from typing import Protocol


class Report(Protocol):
    """Take one happening, such as `send.attempted`, with its fields; never a token, a body or an identifier."""

    def __call__(self, event: str, /, **fields: object) -> None:
        """Tell it; must not raise, and must not wait."""
        ...


def silent(event: str, /, **fields: object) -> None:
    """Tell nobody."""
    del event, fields


def surprise(error: Exception) -> dict[str, str]:
    """Describe an exception by type and place; its own text is left out because it may quote what is being sent."""
    frames = extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "at": place}
