"""
Pixels, keys and tokens that changed are taken in, and handed to the intake as a snapshot.

The store's version of them tells whether they did, so that tokens are decrypted where there may be other ones, and not
every second. A snapshot that was damaged or removed is written anew all the same.
"""

from collections.abc import Callable

from twinbeam.jobs.contract import Act, Job, OnStore

Version = tuple[int, ...]
"""Another one after each change."""

EVERY_SECONDS = 1.0  #: how soon a new token is used


def job(version: Callable[[], Version], publish: Callable[[], None], on_store: OnStore, *, take: Act) -> Job:
    """
    Return the job.

    `version` tells the store's, `publish` writes what was taken in last where the snapshot says something else; both
    are for the store's thread.
    """
    taken: Version | None = None

    async def act() -> None:
        nonlocal taken
        now = await on_store(version)
        if now == taken:
            await on_store(publish)
        else:
            await take()
            taken = now

    return Job(name="settings", every_seconds=EVERY_SECONDS, act=act, alone=False)
