"""
How far the recorder has come with a journal: a small file beside it (`journal-0.confirmed`).

The recorder writes it and the ingest process reads it, so that neither ever writes into the other's file.
It holds the journal's id, the last recorded group, the events up to that, and the last group that may be dropped: one
that the store holds in its file, and not only in a write-ahead log that may yet be damaged.
"""

from pathlib import Path
from typing import NamedTuple

from twinbeam.core.errors import StorageError


class Confirmed(NamedTuple):
    """What the recorder said about a journal; zeros where it said nothing."""

    seq: int = 0
    events: int = 0  #: appended up to that group
    safe: int = 0  #: groups up to this one may be dropped


def confirmed_path(journal: Path) -> Path:
    """Name the file."""
    return journal.with_suffix(".confirmed")


def write_confirmed(journal: Path, journal_id: str, confirmed: Confirmed) -> bool:
    """Write that everything up to a sequence number is recorded; return False where a full disk forbids it."""
    target = confirmed_path(journal)
    draft = target.with_suffix(".draft")
    try:
        draft.touch(mode=0o600)
        draft.write_text(f"{journal_id} {confirmed.seq} {confirmed.events} {confirmed.safe}")
        draft.replace(target)
    except OSError:
        return False
    return True


def read_confirmed(journal: Path, journal_id: str) -> Confirmed:
    """
    Read how far the recorder has come; what it said about another journal means nothing.

    Raises StorageError where the file cannot be read now, as without a free descriptor.
    """
    try:
        name, *words = confirmed_path(journal).read_bytes().split()
    except (FileNotFoundError, ValueError):  # ValueError: it is empty
        return Confirmed()
    except OSError as error:
        raise StorageError(f"{confirmed_path(journal)} cannot be read ({error.strerror})") from error
    if name != journal_id.encode() or len(words) not in (1, 3) or not all(word.isdigit() for word in words):
        return Confirmed()
    seq, events, safe = (*words, b"0", words[0])[:3] if len(words) == 1 else words
    return Confirmed(int(seq), int(events), int(safe))
