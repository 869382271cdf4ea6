"""
What an owner asked for that cannot be done. The message says what is wrong and what to do; nothing was changed.

    AdminError
    ├── Invalid     a value that nothing can have
    ├── NotFound    what it is about was never added, or is gone
    ├── Conflict    what is there already stands in the way
    └── NotVouched  an identity provider does not say that somebody is who they should be
"""

from twinbeam.core.errors import TwinbeamError

_MOST_QUOTED = 60  #: characters


class AdminError(TwinbeamError):
    """Something that cannot be done as it was asked for."""


class Invalid(AdminError):  # noqa: N818 -- reads as the state it reports, like those of core/errors.py
    """A value that cannot be."""


class NotFound(AdminError):  # noqa: N818
    """There is no such thing."""


class Conflict(AdminError):  # noqa: N818
    """It cannot be while something else is as it is."""


class NotVouched(AdminError):  # noqa: N818
    """A provider does not vouch for somebody."""


def quoted(text: str) -> str:
    """Return what was typed as a message quotes it: cut where nobody would read on, with no control character."""
    shown = "".join(it if it.isprintable() else it.encode("unicode_escape").decode() for it in text[:_MOST_QUOTED])
    return shown if len(text) <= _MOST_QUOTED else f"{shown}…"
