"""Issues as a viewer of one workspace may see them: those of any other are not there."""

from twinbeam.admin.issue_contract import IssueReads
from twinbeam.checks.facts import Evidence
from twinbeam.checks.records import IssueRecord, Mute


class IssuesOfWorkspace:
    """See admin.issue_contract.IssueReads for the promises; all of it is of one workspace."""

    def __init__(self, found: IssueReads, workspace: str) -> None:
        self._all = found
        self._workspace = workspace

    def evidence(self) -> list[Evidence]:
        """Return what a job found out of each pixel."""
        return [it for it in self._all.evidence() if it.workspace == self._workspace]

    def records(self) -> list[IssueRecord]:
        """Return since when what is wrong."""
        return [it for it in self._all.records() if it.workspace == self._workspace]

    def open_by_workspace(self) -> dict[str, int]:
        """Return how many issues stand and are not muted."""
        return {name: n for name, n in self._all.open_by_workspace().items() if name == self._workspace}

    def mutes(self) -> list[Mute]:
        """Return what is muted."""
        return [it for it in self._all.mutes() if it.workspace == self._workspace]
