"""Access tokens of pixels: kept sealed, and never shown again."""

from twinbeam.admin.audit import Lines, changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid
from twinbeam.admin.pixels import known
from twinbeam.core.story import PixelRow


def is_token(text: str) -> bool:
    """Return whether a text may be an access token: TikTok's are printable ASCII without blanks."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def check(token: str) -> None:
    """Raise Invalid unless this may be an access token."""
    if not is_token(token):
        raise Invalid("The access token is empty or holds characters that no token has.")


def save(admin: Admin, workspace: str, code: str, token: str) -> None:
    """Keep the access token of a pixel, which nobody has tried; raises AdminError."""
    check(token)
    with changing(admin) as audit:
        put(admin, known(admin, workspace, code), token, audit)
        admin.store.token_checks.forget(workspace, code)


def put(admin: Admin, row: PixelRow, token: str, audit: Lines) -> None:
    """Keep the access token of a pixel that is there; call inside `changing`."""
    admin.store.save_token(workspace=row.workspace, code=row.code, token=token, now_ms=audit.at_ms)
    audit.tell(f"pixel {row.workspace}/{row.code} token", "another one" if row.has_token else "", "saved")
