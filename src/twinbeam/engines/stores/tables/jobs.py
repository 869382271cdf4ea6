"""Who runs the periodic jobs of an installation, and when each ran last."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, delete, insert, select

from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.schema import job_run, lease
from twinbeam.jobs.contract import Run

_JOBS = "jobs"


class JobTable:
    """See jobs.contract.RunLedger for the promises; `alone` where no other process can hold the lease any more."""

    def __init__(self, tables: Tables, *, alone: bool = False) -> None:
        self._tables = tables
        self._alone = alone

    def lead(self, owner: str, *, now_ms: int, until_ms: int, runs: Sequence[Run]) -> bool:
        """Take the lease, or renew it, and note the runs; False while another owner holds it."""
        with self._tables.transaction() as connection:
            held = connection.execute(select(lease).where(lease.c.name == _JOBS)).one_or_none()
            if held is not None and not self._alone and held.owner != owner and held.until_ms > now_ms:
                return False
            connection.execute(delete(lease).where(lease.c.name == _JOBS))
            connection.execute(insert(lease).values(name=_JOBS, owner=owner, until_ms=until_ms))
            _note(connection, runs)
        return True

    def resign(self, owner: str, *, runs: Sequence[Run]) -> None:
        """Give the lease back and note the runs, unless another owner has it."""
        with self._tables.transaction() as connection:
            mine = (lease.c.name == _JOBS) & (lease.c.owner == owner)
            if connection.execute(delete(lease).where(mine)).rowcount:
                _note(connection, runs)

    def runs(self) -> list[Run]:
        """List the jobs with their last runs, by name."""
        with self._tables.reading() as connection:
            rows = connection.execute(select(job_run).order_by(job_run.c.name)).mappings()
            return [Run(**row) for row in rows]


def _note(connection: Connection, runs: Sequence[Run]) -> None:
    connection.execute(delete(job_run))
    if runs:
        connection.execute(insert(job_run), [msgspec.structs.asdict(run) for run in runs])
