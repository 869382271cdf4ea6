"""Imports without processes: the command in the test's own process, and the store's side of its journal."""

from click.testing import CliRunner

from twinbeam.app.file_import import JOURNAL
from twinbeam.app.keyring import open_keyring
from twinbeam.cli.main import twinbeam
from twinbeam.core.clock import SystemClock
from twinbeam.core.rules import PixelRules
from twinbeam.engines.journals.sqlite import SqliteJournalReader
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.pipeline.consent.gate import judge
from twinbeam.pipeline.flow import Recording
from twinbeam.pipeline.record.policy import RecordPolicy, Terms
from twinbeam.pipeline.send.limits import Ages
from twinbeam.settings import load


def said(*words: str) -> str:
    """Give what a command prints, or the sentence with which it refuses."""
    done = CliRunner().invoke(twinbeam, words)
    return done.output + (str(done.exception) if done.exception else "")


def recorded(rules: PixelRules = PixelRules()) -> SqliteStore:  # noqa: B008 -- frozen
    """Record what was imported, and give the store, which is the caller's to close."""
    settings = load()
    ring = open_keyring(settings)
    policy = RecordPolicy(terms_of=lambda _workspace, _pixel: Terms(rules), judge=judge)
    store = SqliteStore.open_as_writer(settings.data, ring, policy=policy, ages=Ages())
    reader = SqliteJournalReader(settings.journal_folder / JOURNAL, ring)
    recording = Recording(journal=reader, store=store, clock=SystemClock(), report=lambda *_, **__: None)
    while recording.step() is not None:
        pass
    reader.close()
    return store


def rows_of(store: SqliteStore):
    """Give the rows of the ledger."""
    found = []
    while page := store.orders.orders_of("main", after=found[-1].id if found else 0):
        found += page
    return found
