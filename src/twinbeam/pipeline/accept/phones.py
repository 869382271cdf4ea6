"""
How many phone numbers one request with a public key may have resolved.

A number in an odd spelling takes 50 us to resolve, a list holds twenty of them and a body a thousand lists. A page
speaks of one visitor, who has a few; what a server sends is its own affair, and the loop goes on meanwhile
(journal/commit.py).
"""

from collections.abc import Sequence

MOST_PHONES = 100  #: different ones, of one request
MOST_OF_AN_EVENT = 20  #: as `core.values.OneOrMore` has it


class VisitorPhones:
    """The numbers that one request has named so far."""

    def __init__(self) -> None:
        self._named: set[str] = set()
        self._is_told = False

    def count(self, phones: str | Sequence[str] | None) -> int:
        """Return how many of an event's numbers, from the first one on, are to be resolved."""
        if phones is None:
            return MOST_OF_AN_EVENT
        for place, phone in enumerate([phones] if isinstance(phones, str) else phones):
            if phone in self._named:
                continue
            if len(self._named) >= MOST_PHONES:
                return place
            self._named.add(phone)
        return MOST_OF_AN_EVENT

    def first_left_out(self) -> bool:
        """Return whether this is the first event of which some are left out; it is told once."""
        was_told, self._is_told = self._is_told, True
        return not was_told
