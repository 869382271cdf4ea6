"""The import of pixels, joined: what an owner's functions decide, on the store, in the name of "import"."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from twinbeam.admin import importing
from twinbeam.admin.contract import Actor, Admin, Administration
from twinbeam.core.accounts import AccountTrouble, AdvertiserSeen, DeveloperApp
from twinbeam.core.clock import Clock
from twinbeam.core.imports import Course, Harvest
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.integrations.tiktok.client import MarketingClient
from twinbeam.integrations.tiktok.pacing import Limiter, PacedCalls
from twinbeam.jobs.contract import Job, OnStore, Run
from twinbeam.jobs.pixel_import import NAME, PixelImport, job
from twinbeam.settings import Settings

Saved = dict[tuple[str, str], tuple[str, int | None]]
"""
The tokens by workspace and pixel, each with the moment it was saved: the same one, saved again, is tried at once.

A pixel without one of its own has that of the account it was imported from.
"""

ACTOR = Actor("import")


@dataclass(eq=False)
class Desk:
    """See jobs.pixel_import.ImportDesk for the promises."""

    admin: Admin
    asked: bool = field(default=False, init=False)  #: an import was asked for that has not begun

    def look(self) -> None:
        """See whether an import is asked for; for the store's thread."""
        self.asked = self.admin.store.accounts.is_asked()

    def is_asked(self) -> bool:
        """Return whether an import was asked for."""
        return self.asked

    def due(self) -> list[str]:
        """Return the connections to import now."""
        self.asked = False
        return importing.due(self.admin)

    def begin(self, connection: str) -> Course | None:
        """Begin an import, or go on with the one that was cut off."""
        return importing.begin(self.admin, connection)

    def take_advertisers(self, course: Course, seen: tuple[AdvertiserSeen, ...]) -> Course:
        """Take in which ad accounts the token covers."""
        return importing.take_advertisers(self.admin, course, seen)

    def take(self, course: Course, harvest: Harvest) -> None:
        """Take in what came from one ad account."""
        importing.take(self.admin, course, harvest)

    def end(self, course: Course, trouble: AccountTrouble | None) -> None:
        """End an import."""
        importing.end(self.admin, course, trouble)


class Importing:
    """The import's parts: the client, which pages use as well, the desk, and the job."""

    def __init__(self, settings: Settings, store: Administration, clock: Clock) -> None:
        self.client = MarketingClient(base_url=settings.tiktok_url, proxy=settings.proxy)
        self.app = configured_app(settings)
        self.desk = Desk(Admin(store, ACTOR, clock))
        self.runs: Callable[[], Sequence[Run]] = tuple  #: of the scheduler's jobs
        self._clock = clock
        self._a_second = settings.import_rate

    def next_ms(self) -> int | None:
        """Return about when the next import begins; None before anybody runs the jobs."""
        return next((run.next_ms for run in self.runs() if run.name == NAME), None)

    def job(self, on_store: OnStore) -> Job:
        """Return the job, with a limiter of its own."""
        limiter = Limiter(monotonic=self._clock.monotonic, sleep=asyncio.sleep, a_second=self._a_second)
        calls = PacedCalls(client=self.client, limiter=limiter, rng=Random())  # noqa: S311 -- jitter, not secrets
        importing = PixelImport(desk=self.desk, api=calls, on_store=on_store, clock=self._clock)
        return job(importing, is_asked=self.desk.is_asked)


def account_tokens(store: SqliteStore) -> Saved:
    """Return the tokens of the accounts that pixels came from; for the store's thread."""
    return {place: (it.token, it.saved_ms) for place, it in store.accounts.pixel_tokens().items()}


def saved_tokens(store: SqliteStore, of_accounts: Saved) -> Saved:
    """Return the tokens in force: a pixel's own before its account's; for the store's thread."""
    when = {(row.workspace, row.code): row.token_ms for row in store.pixels()}
    return of_accounts | {place: (token, when.get(place)) for place, token in store.tokens().items()}


def configured_app(settings: Settings) -> DeveloperApp | None:
    """Return the developer app that the environment names."""
    if not settings.tiktok_app_id:
        return None
    return DeveloperApp(settings.tiktok_app_id, settings.tiktok_app_secret)
