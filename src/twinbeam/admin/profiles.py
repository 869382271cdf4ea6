"""The profile of a pixel: its client, brand, domain, market and owner, in an agency's words."""

import re
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import asdict, replace

from twinbeam.admin import naming
from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid
from twinbeam.admin.free_text import check_line
from twinbeam.admin.pixels import known, what
from twinbeam.admin.rules import host
from twinbeam.core.accounts import PixelProfile

_MARKET = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


class ProfileView(Struct, frozen=True):
    """A pixel's profile, and what the naming pattern makes of it."""

    profile: PixelProfile
    environment: str
    name: str
    offered: str  #: the name by the pattern; empty while a part of it is not known
    objection: str  #: in what its name leaves the pattern; empty where it follows it


def view(admin: Admin, workspace: str, code: str) -> ProfileView:
    """Return a pixel's profile with what the naming pattern makes of it; raises NotFound."""
    row = known(admin, workspace, code)
    profile = admin.store.accounts.profiles(workspace).get(code, PixelProfile())
    environment = row.rules.environment
    objection = naming.why_not(row.name, profile, environment)
    return ProfileView(profile, environment, row.name, naming.offered(profile, environment), objection)


def describe(admin: Admin, workspace: str, code: str, wanted: Mapping[str, str]) -> ProfileView:
    """Change parts of a pixel's profile, by their names; an empty value takes one away. Raises AdminError."""
    with changing(admin) as audit:
        row = known(admin, workspace, code)
        before = admin.store.accounts.profiles(workspace).get(code, PixelProfile())
        after = replace(before, **{name: _checked(name, text.strip()) for name, text in wanted.items()})
        admin.store.accounts.save_profile(workspace, code, after)
        for name, old in asdict(before).items():
            if old != getattr(after, name):
                audit.tell(f"{what(row)} {name}", old, getattr(after, name))
    return view(admin, workspace, code)


def _checked(name: str, text: str) -> str:
    if name not in PixelProfile.__struct_fields__:
        raise Invalid(f"{name} is no part of a profile. The parts are: {', '.join(PixelProfile.__struct_fields__)}.")
    check_line(name, text)
    if name == "domain" and text:
        return host(name, text)
    if name == "market" and text and not _MARKET.fullmatch(text.upper()):
        raise Invalid(f"market: {text} is no market. Write a country such as DE, or a state such as US-CA.")
    return text.upper() if name == "market" else text
