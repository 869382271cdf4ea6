"""Connected accounts as a viewer of one workspace may see them: those of any other are not there."""

from twinbeam.admin.account_contract import AccountReads
from twinbeam.core.accounts import (
    Advertiser,
    ConnectedAccount,
    EventStat,
    ImportedPixel,
    ImportRun,
    PixelProfile,
    WeekStat,
)


class AccountsOfWorkspace:
    """See admin.account_contract.AccountReads for the promises; all of it is of one workspace."""

    def __init__(self, reads: AccountReads, workspace: str) -> None:
        self._all = reads
        self._workspace = workspace

    def app_id(self) -> str:
        """Return the id of the app, which is of no workspace."""
        return ""

    def connections(self) -> list[ConnectedAccount]:
        """Return the accounts of the workspace, the oldest first."""
        return [each for each in self._all.connections() if each.workspace == self._workspace]

    def advertisers(self, connection: str) -> list[Advertiser]:
        """Return the ad accounts of an account."""
        return self._all.advertisers(connection) if self._has(connection) else []

    def undone(self, connection: str, run: int) -> list[str]:
        """Return the chosen ad accounts that an import has not done yet."""
        return self._all.undone(connection, run) if self._has(connection) else []

    def imported_pixels(self, connection: str, advertiser: str | None = None) -> list[ImportedPixel]:
        """Return the pixels of an account, or of one of its ad accounts."""
        return self._all.imported_pixels(connection, advertiser) if self._has(connection) else []

    def stats(self, connection: str, *, since_day: int) -> list[EventStat]:
        """Return the counts of an account's pixels from a UTC day on."""
        return self._all.stats(connection, since_day=since_day) if self._has(connection) else []

    def week_stats(self, connection: str, *, since_day: int) -> list[WeekStat]:
        """Return the same, added up over the days."""
        return self._all.week_stats(connection, since_day=since_day) if self._has(connection) else []

    def run(self, connection: str) -> ImportRun | None:
        """Return the newest import of an account."""
        return self._all.run(connection) if self._has(connection) else None

    def all_profiles(self) -> dict[tuple[str, str], PixelProfile]:
        """Return what is said of the pixels of the workspace."""
        return {(self._workspace, code): said for code, said in self.profiles(self._workspace).items()}

    def profiles(self, workspace: str) -> dict[str, PixelProfile]:
        """Return what is said of the pixels of the workspace."""
        return self._all.profiles(workspace) if workspace == self._workspace else {}

    def _has(self, connection: str) -> bool:
        return any(each.id == connection for each in self.connections())
