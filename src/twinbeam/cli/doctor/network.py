"""Checks of what is outside: whether TikTok can be reached, what proxies hide, and which pages report."""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import unquote, urlsplit

from twinbeam.cli.doctor.check_result import CheckResult
from twinbeam.cli.doctor.gateway import running
from twinbeam.cli.setup import opened_store
from twinbeam.core.clock import SystemClock, day_of
from twinbeam.core.outcomes import Reason
from twinbeam.engines.stores.sqlite.payloads import Payloads
from twinbeam.engines.stores.sqlite.store import FILE, SqliteReader
from twinbeam.pipeline.record.counters import RECORDED
from twinbeam.settings import Settings

APART_SECONDS = 60.0  #: between this machine's clock and TikTok's; the answer's date has whole seconds
_PATIENCE_SECONDS = 3.0
_LOOKED_AT = 500  #: the newest events of browsers
_ENOUGH = 20
_MOST_OF_ONE = 0.8
_DAYS = 7
_NEWEST = (
    "SELECT id FROM conversion WHERE channels LIKE '%browser%' AND state NOT IN ('dropped', 'withdrawn', 'erased') "
    "ORDER BY id DESC LIMIT ?"
)


def reachability(settings: Settings) -> Iterator[CheckResult]:
    """Ask TikTok's side for any answer at all, and hold its clock against this machine's."""
    if not (settings.data / FILE).exists():
        return
    with opened_store() as store:
        if not any(row.has_token for row in store.pixels()):
            return  # nothing would be sent
    try:
        date = _asked(settings)
    except (OSError, HTTPException) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        told = f"{settings.tiktok_url} cannot be reached: {why}."
        way = "its proxy (TWINBEAM_PROXY)" if settings.proxy else "port 443 of it, or set TWINBEAM_PROXY"
        if running(settings.data) is None:
            yield CheckResult(f"{told} Nothing is sent now anyway: no gateway runs.", is_note=True)
        else:
            yield CheckResult(told, f"Let this machine reach {way}.")
        return
    yield CheckResult(f"{settings.tiktok_url} answers.")
    with suppress(TypeError, ValueError):  # it tells no time
        apart = SystemClock().now_ms() / 1_000 - parsedate_to_datetime(date or "").timestamp()
        if abs(apart) > APART_SECONDS:
            way = "ahead of" if apart > 0 else "behind"
            yield CheckResult(
                f"The clock of this machine is {abs(apart):.0f} seconds {way} that of {settings.tiktok_url}.",
                fix="Set the clock, and let chrony or systemd-timesyncd keep it.",
            )


def proxies(settings: Settings) -> Iterator[CheckResult]:
    """Look whether most events of browsers seem to come from one address, which then is a proxy's."""
    if not (settings.data / FILE).exists():
        return
    with opened_store() as store:
        connection = store.connection
        ids = [id_ for (id_,) in connection.db.execute(_NEWEST, (_LOOKED_AT,))]
        copies = Payloads(connection).copies_of(ids)
    found = Counter(_address(copy.body) for kept in copies.values() for copy in kept if copy.channel == "browser")
    seen = found.total()
    if seen < _ENOUGH:
        return
    address, most = found.most_common(1)[0]
    share = f"{100 * most // seen} % of the last {seen} browser events"
    if most < _MOST_OF_ONE * seen:
        yield CheckResult(f"The last {seen} browser events come from {len(found)} addresses.")
    else:
        missed = "List every proxy on the way in TWINBEAM_TRUSTED_PROXIES, your delivery network's networks too."
        unlisted = "A proxy hides the visitors: list its address in TWINBEAM_TRUSTED_PROXIES, and restart."
        fix = missed if settings.trusted_proxies else unlisted
        yield CheckResult(f"{share} {'come from one address' if address else 'bear no address'}.", fix)


def hosts(settings: Settings) -> Iterator[CheckResult]:
    """Look for pixels whose pages report from hosts that their site does not have."""
    if not (settings.data / FILE).exists():
        return
    with closing(SqliteReader(settings.data)) as store:
        totals = store.totals(since_day=day_of(SystemClock().now_ms()) - _DAYS, by_event=False)
    recorded: Counter[tuple[str, str]] = Counter()
    foreign: Counter[tuple[str, str]] = Counter()
    for total in totals:
        place = total.workspace, total.pixel
        recorded[place] += total.n * (total.outcome == RECORDED)
        foreign[place] += total.n * (total.reason == Reason.FOREIGN_HOST)
    for (workspace, pixel), n in sorted(foreign.items()):
        told = (
            f"Pixel {pixel} of {workspace}: {n} of {recorded[workspace, pixel]} events of {_DAYS} days came from pages"
        )
        fix = f"If they are yours, add their host: twinbeam pixels set {pixel} hosts=HOST,HOST (or twinbeam workspaces)"
        if n:
            yield CheckResult(f"{told} of other hosts than its site's.", fix)


def _asked(settings: Settings) -> str | None:
    """Return what TikTok's side says the time is; raises OSError and HTTPException."""
    parts = urlsplit(settings.tiktok_url)
    secure = parts.scheme == "https"
    with closing(_connection(settings, secure=secure)) as connection:
        connection.request("HEAD", "/")
        answer = connection.getresponse()
        answer.read()
        return answer.getheader("Date")


def _connection(settings: Settings, *, secure: bool) -> HTTPConnection:
    parts, kind = urlsplit(settings.tiktok_url), HTTPSConnection if secure else HTTPConnection
    if not settings.proxy or not secure:
        return kind(parts.netloc, timeout=_PATIENCE_SECONDS)
    through = urlsplit(settings.proxy)
    connection = kind(through.hostname or "", through.port, timeout=_PATIENCE_SECONDS)
    connection.set_tunnel(parts.hostname or "", parts.port or 443, _credentials(through.username, through.password))
    return connection


def _credentials(name: str | None, password: str | None) -> dict[str, str]:
    if not name:
        return {}
    said = f"{unquote(name)}:{unquote(password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {b64encode(said).decode()}"}


def _address(body: bytes) -> str:
    user = json.loads(body).get("user")
    return str(user.get("ip", "")) if isinstance(user, dict) else ""
