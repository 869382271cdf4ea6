"""
The host of a page, as browsers see it: what is not surely a host of ours is none of ours.

Hosts are compared in lower case and as DNS knows them, so `MÜLLER.example` and `xn--mller-kva.example` are one.
"""

import re
from collections.abc import Collection
from functools import lru_cache

#: Browsers read a backslash as a slash, so it ends the host; whatever stands before an @ is no host. A host takes no
#: blanks: those at the end would be tried in every division between it and what follows.
_URL = re.compile(
    r"\s*[a-zA-Z][a-zA-Z0-9+.-]*:[/\\]{2}(?:[^/\\?#]*@)?(\[[0-9a-fA-F:.]+\]|[^/\\?#:@\s]+)(?::\d*)?(?:[/\\?#]|\s*$)"
)
_LONGEST = 8_000  #: characters of a page's address; a header may be longer
_REMEMBERED = 256  #: characters; strangers choose what is remembered, so its size is bounded as well
_LONGEST_HOST = 253  #: characters, by DNS
_HOST = re.compile(r"\[[0-9a-f:.]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def host_of(url: str) -> str:
    """Return the host of an absolute URL, or "" where there is none."""
    if len(url) <= _REMEMBERED:
        return _remembered(url)
    return _found(url) if len(url) <= _LONGEST else ""


@lru_cache(maxsize=1024)
def _remembered(url: str) -> str:
    return _found(url)


def _found(url: str) -> str:
    found = _URL.match(url)
    return plain_host(found[1]) if found else ""


def plain_host(written: str) -> str:
    """Return a host as it is compared, or "" where it is none."""
    host = written.strip().lower().removesuffix(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return ""
    return host if len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) else ""


def belongs(host: str, to: Collection[str]) -> bool:
    """Return whether a host is one of those named, or lies below one of them."""
    if host in to:
        return True
    while "." in host:
        host = host.partition(".")[2]
        if host in to:
            return True
    return False
