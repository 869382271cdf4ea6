"""A journal as a list: the model that the durable ones are compared with."""

from twinbeam.pipeline.journal.contract import Backlog, Group


class MemoryJournal:
    """Writer and reader of one journal in one object."""

    def __init__(self, journal_id: str = "00" * 16) -> None:
        self.journal_id = journal_id
        self._groups: list[Group] = []
        self._appended = 0
        self._confirmed = 0
        self._seq = 0

    def append(self, at_ms: int, count: int, body: bytes) -> int:
        """Keep one group and give its sequence number."""
        self._seq += 1
        self._appended += count
        self._groups.append(Group(self._seq, at_ms, count, body))
        return self._seq

    def forget(self) -> None:
        """Drop the groups that the store has confirmed."""
        self._groups = [group for group in self._groups if group.seq > self._confirmed]

    def backlog(self) -> Backlog:
        """Return what is not confirmed."""
        waiting = [group for group in self._groups if group.seq > self._confirmed]
        return Backlog(
            appended=self._appended,
            pending=sum(group.count for group in waiting),
            oldest_ms=waiting[0].at_ms if waiting else None,
            used_bytes=sum(len(group.body) for group in waiting),
        )

    def has_room(self) -> bool:
        """Return True: there is room."""
        return True

    def read(self, after: int, *, limit: int) -> list[Group]:
        """Return the groups after a sequence number in order."""
        chosen: list[Group] = []
        for group in self._groups:
            if group.seq > after and limit > 0:
                chosen.append(group)
                limit -= group.count
        return chosen

    def confirm(self, seq: int, safe: int | None = None) -> None:
        """Let everything up to `seq` be forgotten: a model has no file that could lose what it recorded."""
        del safe
        self._confirmed = max(self._confirmed, seq)

    def newest(self) -> tuple[int, int]:
        """Return the newest sequence number and the number of events appended since the journal began."""
        return self._seq, self._appended

    def lost(self) -> int:
        """Return 0: nothing is missing."""
        return 0

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""
