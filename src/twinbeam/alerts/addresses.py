"""Whether alerts may be posted to an address, as far as it says so itself; pure. Names are looked up when used."""

from urllib.parse import urlsplit

from twinbeam.core.networks import Allowed, is_address

PRIVATE = "Its address leads into a private network. If that is meant, list the network in TWINBEAM_ALERT_NETWORKS."
_PLAIN = (
    "Its address begins with http://, so anybody on the way could read it. "
    "Give one with https://, or list your own network in TWINBEAM_ALERT_NETWORKS."
)


def trouble_with(url: str, allowed: Allowed) -> str:
    """Return why nothing is posted to an address, without the address; "" where it may be. Raises ValueError."""
    parts = urlsplit(url)
    host, is_plain = (parts.hostname or "").strip("[]"), parts.scheme == "http"
    if not is_address(host):
        return _PLAIN if is_plain and allowed.is_empty else ""
    takes = allowed.lists if is_plain else allowed.takes
    return "" if takes(host) else (_PLAIN if is_plain else PRIVATE)


def refusal_of(url: str, allowed: Allowed) -> str:
    """
    Return why a channel may not have an address, with its host and what to do; "" where it may. Raises ValueError.

    What stands behind the host is a secret as a rule.
    """
    if not trouble_with(url, allowed):
        return ""
    parts = urlsplit(url)
    host = parts.hostname or ""
    network = host if is_address(host) else "its network"
    if parts.scheme == "http":
        return (
            f"http://{parts.netloc.rpartition('@')[2]} is not in a network of TWINBEAM_ALERT_NETWORKS, and http:// is "
            f"for those alone. Give an address with https://, or add {network} to the setting and restart the gateway."
        )
    return (
        f"{host} is an address of a private network. If that is meant, add it to TWINBEAM_ALERT_NETWORKS and restart "
        "the gateway."
    )
