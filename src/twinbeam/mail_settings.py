"""The settings about e-mail, by which reports and alerts go out, and where else alerts may go."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from twinbeam.sign_in_settings import PREFIX, Variable, split_url
from twinbeam.surroundings import is_loopback, networks

_ADDRESS = re.compile(r"[^@\s<>,;\"]{1,64}@[A-Za-z0-9.-]{1,255}")
_PORTS = {"smtp": 587, "smtps": 465}


class MailServer(Struct, frozen=True):
    """A server that takes e-mail."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    is_tls: bool = False  #: from the first byte on
    starts_tls: bool = False  #: after the greeting; without it nothing is sent


def mail_server(text: str) -> MailServer | None:
    """Read where e-mail is handed over; raises ValueError."""
    if not text:
        return None
    parts = split_url(text)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("write smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465")
    is_near = is_loopback(parts.hostname)
    return MailServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_tls=parts.scheme == "smtps",
        starts_tls=parts.scheme == "smtp" and not is_near,
    )


def address(text: str) -> str:
    """Read one e-mail address; raises ValueError."""
    if text and not _ADDRESS.fullmatch(text):
        raise ValueError("write an address alone, such as reports@shop.example")
    return text


def addresses(text: str) -> tuple[str, ...]:
    """Read e-mail addresses with commas between; raises ValueError."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not all(_ADDRESS.fullmatch(part) for part in found):
        raise ValueError("write addresses with commas between, such as ada@shop.example,ben@agency.example")
    return found


MAIL = (
    Variable("smtp_url", "", mail_server, "Server that takes e-mail: smtp://user:password@host:587.", is_secret=True),
    Variable("report_from", "", address, "Sender of the weekly report and of alerts."),
    Variable("report_to", "", addresses, "Who gets the weekly report by e-mail, comma-separated; empty: nobody."),
    Variable(
        "alert_networks",
        "",
        networks,
        "Private networks that alerts may be sent to, such as 10.0.0.0/8; others are refused.",
    ),
)


def mail_lacking(values: Mapping[str, Any]) -> list[str]:
    """Return what is missing to send the report, where somebody is to get it."""
    if not values["report_to"]:
        return []
    return [
        f"{PREFIX}REPORT_TO needs {PREFIX}{name.upper()} too."
        for name in ("smtp_url", "report_from")
        if not values[name]
    ]
