"""
What the browser's connection and cookies say: address, user agent, language, click id and browser id.

They are sent as they are, never hashed (tiktok.md 2.3, 6.1, 8.1, 8.2); what cannot be real is left out.
"""

import re
import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from twinbeam.core.addresses import host_only
from twinbeam.core.values import Arrival, Channel, Page
from twinbeam.pipeline.identity.characters import legible
from twinbeam.pipeline.identity.hashing import is_nothing
from twinbeam.pipeline.identity.notices import Told, Trouble
from twinbeam.pipeline.identity.text import decoded, has_email, has_international_phone, without_emails
from twinbeam.pipeline.identity.urls import click_id_of, once_decoded

_LONGEST_CLICK_ID = 1_000  #: tiktok.md 2.3
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}")

_MOST_ADDRESSES = 10  #: of a list; the visitor's own is its first public one
#: [2001:db8::1]:443, 203.0.113.7:443, or an address alone; in quotes and behind `for=` too.
_ENTRY = re.compile(
    r"(?:for=)?[\"']?(?:\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?|(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}|([0-9A-Fa-f:.]+))[\"']?",
    re.IGNORECASE,
)

#: First bytes of IPv4 blocks with special-purpose parts; every other first byte below 224 is public throughout.
_MIXED_V4 = frozenset({0, 10, 100, 127, 169, 172, 192, 198, 203})
#: Likewise: of 2000::/3, the global unicast addresses, only 2001::/16 has special-purpose parts (RFC 6890).
_MIXED_V6 = b"\x20\x01"
#: Set aside for examples. Nobody has such an address, TikTok takes it (tiktok.md 2.3), and demos need one.
_DOCUMENTATION = tuple(map(ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))


def connection(arrival: Arrival, told: Told) -> tuple[str | None, str | None]:
    """
    Return the visitor's public address, and the user agent as typed: who knows them depends on the channel.

    A browser's request is the visitor's own, so what its body claims is ignored; a server can only report them.
    """
    user, origin = arrival.item.user, arrival.origin
    if origin.channel is Channel.BROWSER:
        return _connected_from(origin.client_ip, told), origin.user_agent
    return public_ip(user.ip, told), user.user_agent


def public_ip(raw: str | None, told: Told) -> str | None:
    """Return a public IPv4 or compressed IPv6 address; private, local and malformed ones are left out."""
    if raw is None:
        return None
    address = _public(raw) or _listed(legible(raw))
    if address is None:
        told.append(("user.ip", Trouble.VALUE_EMPTY if is_nothing(raw) else Trouble.IP_NOT_PUBLIC))
    return address


def _connected_from(peer: str | None, told: Told) -> str | None:
    """Return a connection's address likewise; its sender wrote none, so what is told names no field."""
    address = None if peer is None else _public(peer)
    if peer is not None and address is None:
        told.append(("", Trouble.CONNECTION_NOT_PUBLIC))
    return address


def _public(raw: str) -> str | None:
    return _public_v4(raw) or _public_other(raw.strip())


def _listed(raw: str) -> str | None:
    """Return the first public address of a list as proxies write it, with ports, brackets and `for=` (RFC 7239)."""
    for entry in raw.split(",", _MOST_ADDRESSES)[:_MOST_ADDRESSES]:
        found = _ENTRY.fullmatch(entry.strip())
        address = _public(found[1] or found[2] or found[3]) if found else None
        if address is not None:
            return address
    return None


def plain_user_agent(raw: str | None) -> str | None:
    """Return the user agent; an e-mail address in it (crawlers carry one) is blanked."""
    return (_without_emails(raw.strip()) or None) if raw else None


#: A few hundred browsers make nearly all visits, and their names look like base64.
_without_emails = lru_cache(maxsize=1_024)(without_emails)


def plain_locale(raw: str | None, told: Told) -> str | None:
    """Return a BCP 47 tag such as `en-US`; POSIX spellings (`en_US.UTF-8`) are turned into one."""
    if raw is None:
        return None
    text = raw.strip().partition(".")[0].replace("_", "-")
    if _LANGUAGE.fullmatch(text):
        return text
    told.append(("user.locale", Trouble.VALUE_EMPTY if is_nothing(text) else Trouble.LOCALE_INVALID))
    return None


def click_id(raw: str | None, page: Page, told: Told) -> str | None:
    """
    Return `ttclid`, URL-decoded once and whole.

    The page's address holds the newest click and wins; behind what the sender gave comes the page before, if it was
    one of the same host (tiktok.md 8.1).
    """
    in_url = click_id_of(page.url) if page.url else None
    if raw is not None and in_url in (None, raw) and not page.referrer:
        return _opaque(once_decoded(raw.strip()), "user.ttclid", told)
    landed = _opaque(once_decoded(in_url), "page.url", told) if in_url else None
    given = _opaque(once_decoded(raw.strip()), "user.ttclid", told) if raw is not None else None
    if landed or given or not page.referrer or "ttclid=" not in page.referrer:
        return landed or given
    before = click_id_of(page.referrer) if _same_host(page.url, page.referrer) else None
    return _opaque(once_decoded(before), "page.referrer", told) if before else None


def _same_host(url: str | None, referrer: str) -> bool:
    host = host_only(url)
    return host is not None and host.lower() == (host_only(referrer) or "").lower()


def browser_id(raw: str | None, told: Told) -> str | None:
    """Return the value of the `_ttp` cookie, suffix and all (tiktok.md 8.2)."""
    return None if raw is None else _opaque(raw.strip(), "user.ttp", told)


def _opaque(text: str, field: str, told: Told) -> str | None:
    if is_nothing(text):
        told.append((field, Trouble.VALUE_EMPTY))
        return None
    if not _may_be_issued(text):
        told.append((field, Trouble.CLICK_ID_INVALID))
        return None
    return text


def _may_be_issued(text: str) -> bool:
    """Return whether an id is as machines make them, visible ASCII, and not what people put in its place."""
    visible = text.isascii() and text.isprintable() and " " not in text and "@" not in text
    if not visible or len(text) > _LONGEST_CLICK_ID:
        return False
    return not ("+" in text and has_international_phone(text)) and not ("%" in text and has_email(decoded(text)))


def _public_v4(text: str) -> str | None:
    try:
        first = socket.inet_pton(socket.AF_INET, text)[0]
    except (OSError, ValueError):
        return None
    return text if first < 224 and first not in _MIXED_V4 else None


def _public_other(text: str) -> str | None:
    try:
        packed = socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):
        return _checked(text)
    if 0x20 <= packed[0] <= 0x3F and packed[:2] != _MIXED_V6:
        return socket.inet_ntop(socket.AF_INET6, packed)
    return _checked(text)


def _checked(text: str) -> str | None:
    if "%" in text:  # a scope id is valid only inside its own network, and may be any text
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.compressed if _is_public(address) else None


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if any(address in network for network in _DOCUMENTATION):
        return True
    return address.is_global and not address.is_multicast
