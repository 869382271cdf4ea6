"""How pages save whose a pixel is, by the functions that the commands call."""

from collections.abc import Mapping

from twinbeam.admin import pixels, profiles
from twinbeam.admin.contract import Admin
from twinbeam.core.accounts import PixelProfile


def save_profile(admin: Admin, *, workspace: str, code: str, form: Mapping[str, str]) -> None:
    """Change what a form says of a pixel's profile and environment; what it leaves out stays. Raises AdminError."""
    said = {name: form[name] for name in PixelProfile.__struct_fields__ if name in form}
    profiles.describe(admin, workspace, code, said)
    if "environment" in form:
        pixels.decide(admin, workspace, code, {"environment": form["environment"]})
