"""Somebody who may do everything, on a real store in a folder, at a time that stands still."""

from contextlib import closing

import pytest

from twinbeam.admin.contract import Actor, Admin
from twinbeam.core.clock import HandClock
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteSetup


@pytest.fixture
def admin(tmp_path):
    ring = KeyRing.open_or_create(tmp_path / "keyring.json")
    with closing(SqliteSetup(tmp_path / "data", ring)) as store:
        yield Admin(store, Actor("ada"), HandClock())
