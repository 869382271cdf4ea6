"""
How far the recorder has come with a journal: a small file beside it (`journal-0.confirmed`).

The recorder writes it and the ingest process reads it, so that neither ever writes into the other's file.
"""

from pathlib import Path

from twinbeam.core.errors import StorageError


def confirmed_path(journal: Path) -> Path:
    """Name the file."""
    return journal.with_suffix(".confirmed")


def write_confirmed(journal: Path, journal_id: str, seq: int) -> bool:
    """Say that everything up to a sequence number is recorded; False where a full disk keeps it from being said."""
    target = confirmed_path(journal)
    draft = target.with_suffix(".draft")
    try:
        draft.touch(mode=0o600)
        draft.write_text(f"{journal_id} {seq}")
        draft.replace(target)
    except OSError:
        return False
    return True


def read_confirmed(journal: Path, journal_id: str) -> int:
    """
    Read how far the recorder has come, 0 for not at all; what it said about another journal means nothing.

    Raises StorageError where the file cannot be read now, as without a free descriptor.
    """
    try:
        words = confirmed_path(journal).read_bytes().split()
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise StorageError(f"{confirmed_path(journal)} cannot be read ({error.strerror})") from error
    return int(words[1]) if len(words) == 2 and words[0] == journal_id.encode() and words[1].isdigit() else 0
