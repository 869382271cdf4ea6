"""
SQLAlchemy on a connection that is open already, so that both kinds of tables obey the same locks and settings.

The writer's connection belongs to the writer's thread, and so does all that goes through here.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, StaticPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from twinbeam.engines.sqlite_file import translated


def _nobody(_changes: int) -> None:
    """Tell nobody."""


class _Handle:
    """A connection as SQLAlchemy sees it: while it joins a transaction that others began, only they end it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.joins = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def commit(self) -> None:
        if not self.joins:
            self._db.commit()

    def rollback(self) -> None:
        if not self.joins:
            self._db.rollback()


class Tables:
    """The tables of one SQLite file, by the connection that has it open; `committed` is told how many rows changed."""

    def __init__(self, db: sqlite3.Connection, committed: Callable[[int], None] = _nobody) -> None:
        self._db = db
        self._committed = committed
        self._handle = _Handle(db)
        self._engine = create_engine(
            "sqlite://", creator=lambda: self._handle, poolclass=StaticPool, pool_reset_on_return=None
        )
        event.listen(self._engine, "begin", _begin)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """
        Commit what happens inside, durably, or nothing of it; within a transaction of the file it is a part of that.

        Raises StorageError.
        """
        if self._db.in_transaction:
            with _ours(), self._joined() as connection:
                yield connection
            return
        before = self._db.total_changes
        with _ours(), self._engine.begin() as connection:
            yield connection
        self._committed(self._db.total_changes - before)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See one committed state, beside whoever writes; raises StorageError."""
        if self._db.in_transaction:
            with _ours(), self._joined() as connection:
                yield connection
            return
        with _ours(), self._engine.connect().execution_options(only_reads=True) as connection:
            yield connection

    @contextmanager
    def _joined(self) -> Iterator[Connection]:
        before, self._handle.joins = self._handle.joins, True
        try:
            with self._engine.connect().execution_options(joins=True) as connection:
                yield connection
        finally:
            self._handle.joins = before


def _begin(connection: Connection) -> None:
    """Begin as all transactions here do: one that will write takes its lock before it reads."""
    options = connection.get_execution_options()
    if options.get("joins"):
        return
    only_reads = options.get("only_reads")
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


@contextmanager
def _ours() -> Iterator[None]:
    """Turn what SQLAlchemy wraps back into what the file said, and that into our own errors."""
    with translated():
        try:
            yield
        except DBAPIError as error:
            if isinstance(error.orig, sqlite3.Error):
                raise error.orig from error
            raise
