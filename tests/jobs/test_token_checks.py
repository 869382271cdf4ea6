"""What TikTok answers to deliveries is written down of the tokens."""

import asyncio
from contextlib import closing

from builders import NOW_MS
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.pixels import NewPixel, add
from twinbeam.admin.token_record import TokenVerdict
from twinbeam.admin.tokens import save
from twinbeam.core.clock import HandClock
from twinbeam.core.story import LastAnswer
from twinbeam.destinations.tiktok.token_trial import verdict_of_code
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteSetup
from twinbeam.jobs import token_checks

CODE = "C4A5B6C7D8E9F0G1H2I3"


class Store(SqliteSetup):
    answers: tuple[LastAnswer, ...] = ()

    def last_answers(self):
        return list(self.answers)


async def on_store(fn, *args):
    return fn(*args)


def test_a_run_takes_in_the_newest_answers(tmp_path):
    with closing(Store(tmp_path / "data", KeyRing.open_or_create(tmp_path / "ring.json"))) as store:
        admin = Admin(store, Actor("ada"), HandClock(NOW_MS))
        add(admin, NewPixel(CODE))
        save(admin, "main", CODE, "token-1")
        job = token_checks.job(store, on_store, verdict_of_code)
        asyncio.run(job.act())
        assert store.token_checks.all() == []
        store.answers = (LastAnswer("main", CODE, NOW_MS + 1, 40105, "revoked"),)
        asyncio.run(job.act())
        (check,) = store.token_checks.all()
        assert (check.verdict, check.failing_since_ms) == (TokenVerdict.EXPIRED, NOW_MS + 1)
        store.answers = (LastAnswer("main", CODE, NOW_MS + 2, 0, "OK"),)
        asyncio.run(job.act())
        assert store.token_checks.find("main", CODE).proven
