"""Checks of the files: whose they are, who may read them, and whether there is room for more."""

from collections.abc import Iterator

from twinbeam.app import ownership
from twinbeam.app.keyring import open_keyring
from twinbeam.app.measuring import free_bytes, room_bytes
from twinbeam.cli.doctor.check_result import CheckResult
from twinbeam.core.errors import ConfigError
from twinbeam.engines.journals.sqlite import slots
from twinbeam.engines.stores.sqlite.store import FILE
from twinbeam.settings import Settings


def owner(settings: Settings) -> Iterator[CheckResult]:
    """Hold the owner of the files against the account that asks."""
    try:
        ownership.check(settings)
    except ConfigError as error:
        told, _, fix = str(error).partition(": run ")
        yield CheckResult(f"{told}.", fix=fix or told)
        return
    uid = ownership.owner_of(settings)
    if uid is not None and (foreign := ownership.foreign_files(settings, uid)):  # only root gets here
        named = ", ".join(map(str, foreign))
        yield CheckResult(
            f"Files of another account than {ownership.account(uid)}: {named}", ownership.give(uid, foreign)
        )
    elif uid is not None:
        yield CheckResult(f"The files belong to {ownership.account(uid)}, as whom this runs.")


def rights(settings: Settings) -> Iterator[CheckResult]:
    """Look for folders that every account may look into."""
    for folder in ownership.open_folders(settings):
        yield CheckResult(f"Every account on this machine may look into {folder}.", fix=f"chmod 700 {folder}")


def key_ring(settings: Settings) -> Iterator[CheckResult]:
    """Open the key ring, if there is anything it should open."""
    if not settings.keyring.exists() and not (settings.data / FILE).exists():
        yield CheckResult(f"No key ring {settings.keyring} yet; the first use makes one.", is_note=True)
        return
    open_keyring(settings)
    yield CheckResult(f"The key ring {settings.keyring} is readable by its owner alone.")


def place_of_key_ring(settings: Settings) -> Iterator[CheckResult]:
    """Look whether a copy of the data would hold its key."""
    if settings.keyring.is_relative_to(settings.data):
        yield CheckResult(
            f"The key ring {settings.keyring} is in the data folder {settings.data}.",
            fix="Move it out and set TWINBEAM_KEYRING: a copy of the data must not include its key.",
        )


def journals(settings: Settings) -> Iterator[CheckResult]:
    """Count the journals, and tell whether there is room for more."""
    if not settings.journal_folder.exists():
        yield CheckResult("No journal yet; the first start makes one.", is_note=True)
        return
    free = free_bytes(settings)
    reserve = settings.disk_reserve_bytes
    yield CheckResult(
        f"Journals: {len(slots(settings.journal_folder))}. "
        f"Disk: {free // 1024**2} MiB free, {reserve // 1024**2} MiB reserved.",
        fix="" if room_bytes(settings) > 0 else "Make room on the disk: events are answered with 507 until then.",
    )
