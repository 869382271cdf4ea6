"""
What others put into the environment or around a value: service links, proxies, quotes, line ends.

Everything here is told the environment; `settings.py` reads it.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # there, and left out of the stubs

#: The variables by which programs are told of a proxy, and what goes past it; the first that is set counts.
PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
NO_PROXY_VARIABLES = ("no_proxy", "NO_PROXY")

#: What Kubernetes puts into every pod about a service whose name begins with "twinbeam" (and Docker's links did).
_SERVICE_LINK = re.compile(
    r".*_PORT(_\d+_(TCP|UDP|SCTP))?=(tcp|udp|sctp)://.+"
    r"|.*_SERVICE_HOST=[0-9A-Fa-f.:]+"
    r"|.*_SERVICE_PORT(_[A-Z0-9_]+)?=\d+"
    r"|.*_PORT_\d+_(TCP|UDP|SCTP)_(PROTO=(tcp|udp|sctp)|PORT=\d+|ADDR=[0-9A-Fa-f.:]+)"
)


def is_service_link(name: str, value: str) -> bool:
    """Return whether a variable is one that Kubernetes sets for a service, and nobody's setting."""
    return bool(_SERVICE_LINK.fullmatch(f"{name}={value}"))


def networks(text: str) -> tuple[str, ...]:
    """Read addresses or networks with commas between; raises ValueError."""
    try:
        return tuple(str(ip_network(part.strip(), strict=False)) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError("write addresses or networks with commas between, such as 10.0.0.0/8") from error


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine and no other can reach what listens there."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


def printable(text: str) -> str:
    """Show a text on one line; what cannot be seen is written out."""
    return text if text.isprintable() else repr(text)[1:-1]


def without_password(proxy: str) -> str:
    """Show the address of a proxy; who signs in there is nobody's business."""
    return printable(re.sub(r"^([a-z0-9]+://)?.*@", r"\1***@", proxy, flags=re.IGNORECASE | re.DOTALL))


def check_text(text: str) -> None:
    """Refuse what an env file left around a value: no folder, host or number is meant to be called so."""
    if "\r" in text:
        raise ValueError("it ends in a carriage return: save the file with Unix line ends (sed -i 's/\\r$//' FILE)")
    if not text.isprintable():
        raise ValueError("it holds a character that cannot be seen; write it anew")
    if text[:1] in ("'", '"') or text[-1:] in ("'", '"'):
        raise ValueError("the quotes are taken as a part of it; write it without them")
    if text != text.strip():
        raise ValueError("there is a space around it; write it without")


def proxy(source: Mapping[str, str]) -> str:
    """Return the address of the proxy that the environment names, or ""; raises ValueError with the fix."""
    name = first_of(source, PROXY_VARIABLES)
    if not name:
        return ""
    text = source[name] if "://" in source[name] else f"http://{source[name]}"
    fix = f"{name}={without_password(source[name])}: write the address of an HTTP proxy, such as http://proxy.example:3128"
    try:
        check_text(source[name])
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise ValueError(fix) from error
    if not usable:
        raise ValueError(fix)
    return text


def goes_past(url: str, source: Mapping[str, str]) -> bool:
    """Return whether a URL is reached without the proxy: this machine is, and whatever NO_PROXY names."""
    parts = urlsplit(url)
    exempt = source.get(first_of(source, NO_PROXY_VARIABLES), "")
    return is_loopback(parts.hostname or "") or bool(proxy_bypass_environment(parts.netloc, {"no": exempt}))


def first_of(source: Mapping[str, str], names: tuple[str, ...]) -> str:
    """Return the first of some variables that is set, or ""."""
    return next((name for name in names if source.get(name)), "")
