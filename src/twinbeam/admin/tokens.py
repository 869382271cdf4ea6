"""Access tokens of pixels: kept sealed, and never shown again."""

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid
from twinbeam.admin.pixels import known


def is_token(text: str) -> bool:
    """Return whether a text may be an access token: TikTok's are printable ASCII without blanks."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def save(admin: Admin, workspace: str, code: str, token: str) -> None:
    """Keep the access token of a pixel; raises AdminError."""
    if not is_token(token):
        raise Invalid("The access token is empty or holds characters that no token has.")
    with changing(admin) as audit:
        row = known(admin, workspace, code)
        admin.store.save_token(workspace=workspace, code=code, token=token, now_ms=audit.at_ms)
        audit.tell(f"pixel {workspace}/{code} token", "another one" if row.has_token else "", "saved")
