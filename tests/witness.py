"""What is seen of a gateway and of TikTok's side while everything goes wrong."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import cycle
from pathlib import Path
from threading import Event, Thread
from typing import Self

from chaos import TURNS
from gateway import Gateway, Shop, TikTokSide
from twinbeam.cli.doctor.store import accounting
from twinbeam.core.errors import StorageError
from twinbeam.engines.journals.sqlite import slots
from twinbeam.engines.stores.sqlite.store import SqliteReader
from twinbeam.settings import load


class Witness(Thread):
    """Holds both laws against the files again and again, and keeps what TikTok's side was asked."""

    def __init__(self, shop: Shop, pause_seconds: float = 0.5) -> None:
        super().__init__(daemon=True)
        self.looks = 0
        self.broken: list[str] = []
        self.requests: list[tuple[tuple[str, ...], str]] = []
        self._shop = shop
        self._pause_seconds = pause_seconds
        self._seen = 0
        self._turns = cycle(TURNS)
        self._ending = Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self.join(60)
        self.look()

    def run(self) -> None:
        while not self._ending.wait(self._pause_seconds):
            self.look()

    def look(self) -> None:
        """Look once."""
        with suppress(StorageError, sqlite3.OperationalError):  # a file that cannot be read just now is read next time
            self.broken += [*broken_laws(self._shop.gateway)]
            self.looks += 1
        self._seen, calls = _requests_after(self._shop.tiktok, self._seen)
        self.requests += calls

    def turn(self) -> None:
        """Let TikTok's side turn its next switch."""
        self._shop.tiktok.post("switches", **next(self._turns))


def _requests_after(tiktok: TikTokSide, seen: int) -> tuple[int, list[tuple[tuple[str, ...], str]]]:
    calls = []
    while True:
        page = tiktok.get("requests", after=seen, limit=200, body=1)
        calls += [(_ids_in(it["body"]), it["sha256"]) for it in page["items"] if it["method"] == "POST"]
        seen = max([seen, *(it["seq"] for it in page["items"])])
        if not page["more"]:
            return seen, calls


def _ids_in(body: str) -> tuple[str, ...]:
    """Read the ids from what was sent: a call that met trouble was not read by TikTok's side."""
    return tuple(event["event_id"] for event in json.loads(body)["data"])


def broken_laws(gateway: Gateway) -> Iterator[str]:
    """Yield what does not add up at this moment: invariant 3 of ARCHITECTURE.md, from the files alone."""
    with closing(SqliteReader(gateway.data)) as store:
        with store.one_moment():
            counts, states, removed = store.totals(by_event=False), store.states(), store.removed()
        if (second := accounting(counts, states, removed)).fix:
            yield second.what
        for path in slots(load(gateway.settings).journal_folder):
            if first := _lost_on_the_way(path, store):
                yield first


def _lost_on_the_way(path: Path, store: SqliteReader, tries: int = 20) -> str:
    """Say so where what was appended is not what was recorded and what is in the journal."""
    for _ in range(tries):
        before = store.cursors()
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as journal:
            ((id_,),) = journal.execute("SELECT id FROM journal").fetchall() or [("",)]
            seq, recorded = before.get(id_, (0, 0))
            sql = "SELECT coalesce(sum(n), 0), coalesce(max(upto), ?) FROM commit_group WHERE seq > ?"
            waiting, appended = journal.execute(sql, (recorded, seq)).fetchone()
        if store.cursors() == before:  # else what was recorded meanwhile may have been dropped from the journal
            fine = appended == recorded + waiting
            return "" if fine else f"{path.name}: appended {appended}, recorded {recorded}, in the journal {waiting}"
    return ""
