"""What the connection of a page tells about its visitor: address, country, Global Privacy Control, the page's host."""

from twinbeam.pipeline.accept.asgi import Headers, Scope
from twinbeam.pipeline.accept.client_address import Proxies, country_code
from twinbeam.pipeline.accept.hosts import host_of

MOST_USER_AGENT_CHARS = 1_000


def client_ip(scope: Scope, proxies: Proxies) -> str | None:
    """Ask the proxies; a header that was sent in several lines counts as one list, in their order."""
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return proxies.client_ip(_peer(scope), b",".join(lines).decode("latin-1"))


def edge_country(scope: Scope, headers: Headers, proxies: Proxies, header: bytes) -> str | None:
    """Return the country that a listed proxy names in a header; from anybody else it is worth nothing."""
    written = headers.get(header) if header else None
    return country_code(written) if written is not None and proxies.believed(_peer(scope)) else None


def has_privacy_control(scope: Scope, headers: Headers) -> bool:
    """Return whether a browser says Global Privacy Control in any line of its header, or in any place of one."""
    if b"sec-gpc" not in headers:
        return False
    lines = [value for name, value in scope["headers"] if name == b"sec-gpc"]
    return any(part.strip() == b"1" for line in lines for part in line.split(b","))


def user_agent(headers: Headers) -> str | None:
    """Return what the browser calls itself, cut to a length that is of use."""
    return headers.get(b"user-agent", b"").decode("latin-1")[:MOST_USER_AGENT_CHARS] or None


def page_host(headers: Headers) -> str:
    """Return the host of the page that a browser sends from; a sandboxed frame says "null", which names none."""
    return host_of(headers.get(b"origin", b"").decode("latin-1"))


def _peer(scope: Scope) -> str:
    """Return the address at the other end of the connection."""
    peer: str = (scope.get("client") or ("",))[0]
    return peer
