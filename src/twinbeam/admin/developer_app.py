"""The app in TikTok's developer portal that advertisers give access to: from the environment, or saved by an owner."""

import re

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Conflict, Invalid, NotFound
from twinbeam.core.accounts import DeveloperApp
from twinbeam.core.errors import StorageDamaged

_ID = re.compile(r"[0-9]{5,30}")  # tiktok.md 1.6: ids are digits
_SECRET = re.compile(r"[\x21-\x7e]{8,200}")


def save(admin: Admin, app_id: str, secret: str, configured: DeveloperApp | None) -> None:
    """Keep an app's id and its secret, sealed; raises AdminError, which does not quote the secret."""
    if configured is not None:
        raise Conflict(
            "The app is set by TWINBEAM_TIKTOK_APP_ID and TWINBEAM_TIKTOK_APP_SECRET. Change it there, or remove both."
        )
    if not _ID.fullmatch(app_id):
        raise Invalid("This is not an app id: it has digits only, as TikTok's developer portal shows it.")
    if not _SECRET.fullmatch(secret):
        raise Invalid("This is not an app secret: it has 8 characters or more, and no blanks.")
    with changing(admin) as audit:
        before = _saved(admin)
        admin.store.accounts.save_app(DeveloperApp(app_id, secret), now_ms=audit.at_ms)
        audit.tell("developer app", before.id if before else "", f"{app_id} with its secret")


def forget(admin: Admin) -> None:
    """Forget the app that was saved here; connections keep working."""
    with changing(admin) as audit:
        before = _saved(admin)
        admin.store.accounts.forget_app()
        audit.tell("developer app", before.id if before else "unreadable", "forgotten")


def known_app(admin: Admin, configured: DeveloperApp | None) -> DeveloperApp:
    """Return the app in force: the environment's, else the saved one; raises NotFound with the fix."""
    found = configured or _saved(admin)
    if found is None:
        raise NotFound(
            "No app of TikTok's developer portal is known yet. Save its id and secret at /connect/tiktok, or set "
            "TWINBEAM_TIKTOK_APP_ID and TWINBEAM_TIKTOK_APP_SECRET."
        )
    return found


def known_id(admin: Admin, configured: DeveloperApp | None) -> str:
    """Return the id of the app in force; "" where there is none."""
    found = configured or _saved(admin)
    return found.id if found else ""


def _saved(admin: Admin) -> DeveloperApp | None:
    try:
        return admin.store.accounts.app()
    except StorageDamaged:
        return None
