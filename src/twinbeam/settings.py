"""
The only reader of the environment. Every variable is listed in docs/reference/settings.md; a test compares.

All problems are reported at once, each with the variable's name and the fix.
"""

import os
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from twinbeam.core.errors import ConfigError
from twinbeam.limit_settings import LIMITS
from twinbeam.mail_settings import MAIL, MailServer, mail_lacking
from twinbeam.sign_in_settings import PREFIX, SIGN_IN, Variable, lacking, split_url
from twinbeam.surroundings import (
    NO_PROXY_VARIABLES,
    PROXY_VARIABLES,
    check_text,
    first_of,
    goes_past,
    is_loopback,
    is_service_link,
    networks,
    printable,
    proxy,
    without_password,
)

T = TypeVar("T")

TIKTOK_URL = "https://business-api.tiktok.com"  #: tiktok.md 1.1
MEND_PAGES = "Set TWINBEAM_DASHBOARD=127.0.0.1:8701, and put a proxy with TLS in front for others."
_MIB = 1024 * 1024
_HIGHEST_PORT = 65_535
_MOST_MIB = 2**30  #: a petabyte: more is a slip, and SQLite's limits could not hold it
_MOST_PROCESSES = 256
_MOST_IN_FLIGHT = 100  #: per pixel; 500 connections serve all of them
_MOST_IMPORT_RATE = 1_000
_AS_READ = ("in_flight", "log_format", "feed_networks", "server_key_rate", "browser_key_rate", "browser_address_rate")
_LONGEST_WINDOW_SECONDS = 86_400
_LONGEST_BATCH_DELAY_SECONDS = 3_600
#: Where it is set, the metrics' library counts in mapped files, which a full disk turns into SIGBUS.
_MAPPED_METRICS = "PROMETHEUS_MULTIPROC_DIR"


class Address(Struct, frozen=True):
    """Where a server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as a browser on this machine writes it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 -- recognised, not bound
        return f"http://{host}:{self.port}"


class Settings(Struct, frozen=True):
    """Everything an operator can choose."""

    data: Path
    keyring: Path
    listen: Address
    dashboard: Address
    ingest_processes: int
    journal_folder: Path
    journal_cap_bytes: int
    disk_reserve_bytes: int
    tiktok_url: str
    dashboard_hosts: tuple[str, ...]
    default_region: str
    trusted_proxies: tuple[str, ...]
    country_header: str
    tag_path: str
    join_window_ms: int
    batch_delay_ms: int
    in_flight: int
    log_format: str
    server_key_rate: int
    browser_key_rate: int
    browser_address_rate: int
    requests_per_second: int = 1_000
    requests_per_minute: int = 600_000
    requests_per_day: int = 86_400_000
    pixel_requests_per_second: int = 100
    tiktok_app_id: str = ""  #: of the developer app that advertisers give access to; "" where an owner saves it
    tiktok_app_secret: str = ""
    import_rate: int = 8
    public_url: str = ""  #: where people reach the pages, when not at the dashboard's own address
    monitor_token: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_roles: tuple[tuple[str, str], ...] = ()  #: (address or domain of addresses, role)
    smtp_url: MailServer | None = None
    report_from: str = ""
    report_to: tuple[str, ...] = ()
    alert_networks: tuple[str, ...] = ()  #: private ones that alerts may be sent to
    feed_networks: tuple[str, ...] = ()  #: private ones that product feeds may be read from
    proxy: str = ""  #: through which TikTok is reached; "" for none. It may hold a password

    @property
    def pages_url(self) -> str:
        """Where people reach the pages."""
        return self.public_url or self.dashboard.url


def _whole(text: str, *, least: int = 0, most: int = 2**63 - 1) -> int:
    try:
        number = int(text)
    except ValueError as error:
        raise ValueError("write a whole number") from error
    if number < least:
        raise ValueError(f"must be at least {least}")
    if number > most:
        raise ValueError(f"must be at most {most}")
    return number


def _count(most: int) -> Callable[[str], int]:
    return lambda text: _whole(text, least=1, most=most)


def _megabytes(text: str) -> int:
    return _whole(text, least=1, most=_MOST_MIB) * _MIB


def _milliseconds(most_seconds: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            ms = round(float(text) * 1_000)
        except (ValueError, OverflowError) as error:  # the second one is what infinity raises
            raise ValueError("write a number of seconds, such as 10 or 0.5") from error
        if not 0 <= ms <= most_seconds * 1_000:
            raise ValueError(f"must be from 0 to {most_seconds} seconds")
        return ms

    return read


def _address(text: str) -> Address:
    host, separator, port = text.rpartition(":")
    if not separator or not host:
        raise ValueError("write host:port, such as 127.0.0.1:8700")
    if not 0 <= (number := _whole(port)) <= _HIGHEST_PORT:
        raise ValueError(f"a port is at most {_HIGHEST_PORT}")
    return Address(host.strip("[]"), number)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _matching(pattern: str, fix: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text and not re.fullmatch(pattern, text):
            raise ValueError(f"write {fix}")
        return text

    return read


def _path(text: str) -> str:
    if not re.fullmatch(r"/[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*", text) or text.startswith("/v1"):
        raise ValueError("write a path such as /t or /assets/shop, not below /v1")
    return text


def _url(text: str) -> str:
    parts = split_url(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must begin with https:// (or http:// for an emulator on this machine)")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("write scheme, host and port alone, such as https://business-api.tiktok.com")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(
            "the access token would travel in the open; write https:// (http:// is for an emulator on 127.0.0.1)"
        )
    return text.rstrip("/")


_header = _matching(r"[A-Za-z0-9-]+", "the name of a header, such as CF-IPCountry")
_app_id = _matching(r"[0-9]{5,30}", "the app's id, which has digits only")
_app_secret = _matching(r"[\x21-\x7e]{8,200}", "the app's secret as the developer portal shows it")


def _region(text: str) -> str:
    if text and not (len(text) == 2 and text.isalpha()):
        raise ValueError("write a two-letter country code, such as DE")
    return text.upper()


def _log_format(text: str) -> str:
    if text not in {"json", "console"}:
        raise ValueError("must be json or console")
    return text


#: About connecting accounts and importing from them.
_IMPORT = (
    Variable("tiktok_app_id", "", _app_id, "Id of your app in TikTok's developer portal, to connect accounts."),
    Variable("tiktok_app_secret", "", _app_secret, "The secret of that app.", is_secret=True),
    Variable("import_rate", "8", _count(_MOST_IMPORT_RATE), "Requests a second, at most, to import pixels."),
)
VARIABLES = (
    Variable("data", "~/.local/share/twinbeam", Path, "Folder of the store and the journals."),
    Variable(
        "keyring", "~/.config/twinbeam/keyring.json", Path, "File of the encryption keys; keep it out of the data."
    ),
    Variable("listen", "127.0.0.1:8700", _address, "Where events come in. The only side the internet may see."),
    Variable("dashboard", "127.0.0.1:8701", _address, "Where pages, stories and metrics are. Keep it private."),
    Variable(
        "dashboard_hosts", "", _names, "Names the dashboard answers to beside addresses and localhost, comma-separated."
    ),
    Variable(
        "ingest_processes", "1", _count(_MOST_PROCESSES), "Processes that take events in; one per core that is free."
    ),
    Variable("journal_folder", "", Path, "Folder of the journals, when not the data folder."),
    Variable("journal_cap_mb", "4096", _megabytes, "MiB that may wait to be recorded before intake answers 503."),
    Variable("disk_reserve_mb", "256", _megabytes, "MiB left free on the disk; below that intake answers 507."),
    Variable("tiktok_url", TIKTOK_URL, _url, "TikTok's API, or an emulator of it."),
    Variable("default_region", "", _region, "Country of phones without a country code, when the event names none."),
    Variable(
        "trusted_proxies", "", networks, "Networks of your proxies, comma-separated: their X-Forwarded-For counts."
    ),
    Variable(
        "country_header",
        "",
        _header,
        "Header in which your proxies name the visitor's country, such as CF-IPCountry; believed from those listed.",
    ),
    Variable(
        "tag_path",
        "/t",
        _path,
        "Where the browser tag lies, here /t.js and below /t/; another name is on no blocker's list.",
    ),
    Variable(
        "join_window_seconds",
        "10",
        _milliseconds(_LONGEST_WINDOW_SECONDS),
        "How long the first copy of a purchase waits for its twin.",
    ),
    Variable(
        "batch_delay_seconds",
        "0",
        _milliseconds(_LONGEST_BATCH_DELAY_SECONDS),
        "How long a lane gathers events before it sends; 0 sends at once.",
    ),
    Variable("in_flight", "4", _count(_MOST_IN_FLIGHT), "Requests to TikTok at the same time, per pixel."),
    Variable(
        "server_key_rate", "50000", _whole, "Events a second that a server key may send to each process; 0: any number."
    ),
    Variable("browser_key_rate", "2000", _whole, "Events a second that a browser key may send, likewise."),
    Variable(
        "browser_address_rate", "100", _whole, "Events a second that one address may send with browser keys, likewise."
    ),
    Variable(
        "feed_networks",
        "",
        networks,
        "Private networks that product feeds may be read from, such as 10.0.0.0/8; others are refused.",
    ),
    Variable("log_format", "json", _log_format, "json for machines, console for people."),
    *LIMITS,
    *_IMPORT,
    *MAIL,
    *SIGN_IN,
)


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises ConfigError that lists every problem with its fix."""
    source = os.environ if environ is None else environ
    problems = [f"{name} is not a setting{_meant(name)}; twinbeam doctor lists them." for name in _strangers(source)]
    values: dict[str, Any] = {}
    for variable in VARIABLES:
        text = source.get(variable.variable) or variable.default
        try:
            check_text(text)
            values[variable.name] = variable.read(text)
        except ValueError as error:
            shown = "(not shown)" if variable.is_secret else printable(text)
            problems.append(f"{variable.variable}={shown}: {error}")
    try:
        through = proxy(source)
    except ValueError as error:
        problems.append(str(error))
    if not problems:
        problems = _contradictions(values)
    if problems:
        raise ConfigError("\n".join(problems))
    return _settings(values, source, through)


def in_force(environ: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """List each variable with its value, or its default, as text; then a proxy, its password left out."""
    source = os.environ if environ is None else environ
    own = [(variable.variable, _shown(variable, source)) for variable in VARIABLES]
    around = [name for names in (PROXY_VARIABLES, NO_PROXY_VARIABLES) if (name := first_of(source, names))]
    return own + [(name, without_password(source[name])) for name in around]


def _shown(variable: Variable, source: Mapping[str, str]) -> str:
    text = source.get(variable.variable) or variable.default
    return "(set)" if variable.is_secret and text else text


def spelled_out(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the settings that somebody chose, as they stand in the environment; secrets are left out."""
    source = os.environ if environ is None else environ
    told = (variable for variable in VARIABLES if not variable.is_secret)
    return {variable.variable: text for variable in told if (text := source.get(variable.variable))}


def child_environment() -> dict[str, str]:
    """Return the environment for a process of ours: this one's, less what would map its metrics into memory."""
    return {name: value for name, value in os.environ.items() if name.upper() != _MAPPED_METRICS}


def sudo_user() -> str:
    """Return the account that sudo says it was called by, as it stands in the environment; "" without sudo."""
    return os.environ.get("SUDO_USER", "")


def _settings(values: Mapping[str, Any], source: Mapping[str, str], through: str) -> Settings:
    data = _place("data", values, source)
    journal = values["journal_folder"]
    return Settings(
        data=data,
        keyring=_place("keyring", values, source),
        listen=values["listen"],
        dashboard=values["dashboard"],
        ingest_processes=values["ingest_processes"],
        journal_folder=data if journal == Path() else _place("journal_folder", values, source),
        journal_cap_bytes=values["journal_cap_mb"],
        disk_reserve_bytes=values["disk_reserve_mb"],
        tiktok_url=values["tiktok_url"],
        dashboard_hosts=values["dashboard_hosts"],
        default_region=values["default_region"],
        trusted_proxies=values["trusted_proxies"],
        country_header=values["country_header"],
        tag_path=values["tag_path"],
        join_window_ms=values["join_window_seconds"],
        batch_delay_ms=values["batch_delay_seconds"],
        **{variable.name: values[variable.name] for variable in (*SIGN_IN, *_IMPORT, *MAIL, *LIMITS)},
        **{name: values[name] for name in _AS_READ},
        proxy="" if goes_past(values["tiktok_url"], source) else through,
    )


def _place(name: str, values: Mapping[str, Any], source: Mapping[str, str]) -> Path:
    """Return the place of a file or folder; raises ConfigError where "~" leads nowhere."""
    written: Path = values[name]
    homeless = written.parts[:1] == ("~",) and source.get("HOME") == ""  # Python would take the root folder for a home
    try:
        return (Path("~nobody at home") if homeless else written).expanduser().absolute()
    except RuntimeError as error:
        raise ConfigError(
            f"{PREFIX}{name.upper()}={written}: there is no such home folder for the account with uid {os.getuid()}; "
            f"set {PREFIX}DATA and {PREFIX}KEYRING to whole paths, such as /var/lib/twinbeam and "
            "/etc/twinbeam/keyring.json."
        ) from error


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    """Find what is right by itself and cannot be together."""
    if bool(values["tiktok_app_id"]) != bool(values["tiktok_app_secret"]):
        return [f"{PREFIX}TIKTOK_APP_ID and {PREFIX}TIKTOK_APP_SECRET belong together; set both or none."]
    listen, dashboard = values["listen"], values["dashboard"]
    if listen == dashboard and listen.port:
        return [f"{PREFIX}LISTEN and {PREFIX}DASHBOARD are both {listen.host}:{listen.port}; give each its own port."]
    return lacking(values) + mail_lacking(values)


def _strangers(source: Mapping[str, str]) -> list[str]:
    known = {variable.variable for variable in VARIABLES}
    ours = (name for name in source if name.startswith(PREFIX) and name not in known)
    return sorted(name for name in ours if not is_service_link(name, source[name]))


def _meant(name: str) -> str:
    known = [variable.variable.removeprefix(PREFIX) for variable in VARIABLES]
    close = get_close_matches(name.removeprefix(PREFIX), known, n=1)
    return f", did you mean {PREFIX}{close[0]}" if close else ""
