"""What somebody may see of dead letters: those of one workspace, and TikTok's words only where they may be read."""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from twinbeam.admin.dead_letter_contract import DeadLetterReads, ResendReads
from twinbeam.core.dead_letters import AlikeLetters, DeadLetter, LetterFilter, Resend


class LettersSeen:
    """See admin.dead_letter_contract.DeadLetterReads for the promises."""

    def __init__(self, found: DeadLetterReads, workspace: str = "", *, tells_words: bool = True) -> None:
        self._all = found
        self._workspace = workspace
        self._tells_words = tells_words

    def ids(self, asked: LetterFilter, *, after: int, upto: int, limit: int) -> list[int]:
        """Return the next dead letters that are meant."""
        return self._all.ids(asked, after=after, upto=upto, limit=limit) if self._may_see(asked) else []

    def newest(self, asked: LetterFilter, *, before: int | None, limit: int) -> list[int]:
        """Return the newest dead letters that are meant."""
        return self._all.newest(asked, before=before, limit=limit) if self._may_see(asked) else []

    def alike(self, asked: LetterFilter, never_taken: Collection[int], moments: Sequence[int]) -> list[AlikeLetters]:
        """Count the dead letters that are meant."""
        return self._all.alike(asked, never_taken, moments) if self._may_see(asked) else []

    def letters(self, ids: Collection[int], never_taken: Collection[int]) -> list[DeadLetter]:
        """Return those of some conversions that are dead letters."""
        found = [it for it in self._all.letters(ids, never_taken) if self._workspace in ("", it.workspace)]
        return found if self._tells_words else [replace(letter, message="") for letter in found]

    def _may_see(self, asked: LetterFilter) -> bool:
        return self._workspace in ("", asked.workspace)


class ResendsSeen:
    """See admin.dead_letter_contract.ResendReads for the promises; it shows those of one workspace."""

    def __init__(self, resends: ResendReads, workspace: str) -> None:
        self._all = resends
        self._workspace = workspace

    def newest(self, workspaces: Sequence[str], *, limit: int) -> list[Resend]:
        """Return the newest resends of some workspaces."""
        return self._all.newest([it for it in workspaces if it == self._workspace], limit=limit)
