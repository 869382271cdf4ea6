"""What sending dead letters again needs from a store."""

from collections.abc import Collection, Sequence
from typing import Protocol

from twinbeam.core.dead_letters import AlikeLetters, DeadLetter, LetterFilter, Resend


class DeadLetterReads(Protocol):
    """The part of a store that finds dead letters. Raises StorageError."""

    def ids(self, asked: LetterFilter, *, after: int, upto: int, limit: int) -> list[int]:
        """Return the next dead letters that are meant, the oldest first, behind one id and up to another."""
        ...

    def newest(self, asked: LetterFilter, *, before: int | None, limit: int) -> list[int]:
        """Return the newest dead letters that are meant, the newest first."""
        ...

    def alike(self, asked: LetterFilter, never_taken: Collection[int], moments: Sequence[int]) -> list[AlikeLetters]:
        """
        Count the dead letters that are meant by all that decides about them, and by what they are worth.

        `moments`, two in their order, are those before which a time decides otherwise than after it.
        """
        ...

    def letters(self, ids: Collection[int], never_taken: Collection[int]) -> list[DeadLetter]:
        """Return those of some conversions that are dead letters, by their ids."""
        ...


class ResendReads(Protocol):
    """The part of a store that shows the resends. Raises StorageError."""

    def newest(self, workspaces: Sequence[str], *, limit: int) -> list[Resend]:
        """Return the newest resends of some workspaces, the newest first."""
        ...


class ResendLog(ResendReads, Protocol):
    """The part of a store that keeps the resends. Raises StorageError."""

    def add(self, run: Resend) -> Resend:
        """Keep a new resend; returns it with its number."""
        ...

    def unfinished(self) -> Resend | None:
        """Return the oldest resend that is not carried out."""
        ...

    def note(self, run: Resend) -> None:
        """Note how far a resend is carried out."""
        ...
