"""What an owner decides about alerts: rules, mutes, channels; and what the page and the command show of them."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from secrets import token_bytes
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin.alert_contract import AlertReads, PastAlert
from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Conflict, Invalid, NotFound, quoted
from twinbeam.admin.workspaces import NAME
from twinbeam.alerts.addresses import refusal_of
from twinbeam.alerts.formats import SECRET_PREFIX
from twinbeam.alerts.judging import Watched
from twinbeam.alerts.kinds import AlertKind
from twinbeam.alerts.messages import kind_named, tried
from twinbeam.alerts.retrying import AlertNotice
from twinbeam.alerts.rules import LOG, AlertChannel, AlertMute, ChannelKind, Rule, usual, wrong_with
from twinbeam.core.networks import Allowed, is_address

PAST = 50  #: alerts that are over, on a page
MOST_CHANNELS = 20
MOST_MUTES = 100
MOST_MUTE_HOURS = 24 * 30
MOST_SCOPE = 200  #: pixels that a rule names
_LONGEST_URL = 2_000
_LONGEST_REASON = 200
_MOST_RECIPIENTS = 20
_MS_PER_HOUR = 3_600_000
_HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.?")
_EMAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[A-Za-z0-9.-]{1,255}")


class NewMute(Struct, frozen=True, kw_only=True):
    """A mute as it is asked for."""

    hours: float
    reason: str
    kind: str = ""
    workspace: str = ""
    pixel: str = ""


class NewChannel(Struct, frozen=True):
    """A channel as it is asked for; of e-mail the address has commas between recipients."""

    name: str
    kind: ChannelKind
    address: str


class AlertsStanding(Struct, frozen=True):
    """All that is shown of alerts."""

    open: Sequence[Watched]
    past: Sequence[PastAlert]
    rules: Sequence[Rule]
    mutes: Sequence[AlertMute]
    channels: Sequence[AlertChannel]
    waiting: Mapping[str, int]  #: messages, by channel


def standing(reads: AlertReads, now_ms: int, *, past: int = PAST) -> AlertsStanding:
    """Return all that is shown, the newest alerts first."""
    open_ = sorted((it for it in reads.watched() if it.is_told), key=lambda it: -it.began_ms)
    rules = reads.rules()
    mutes = [it for it in reads.mutes() if it.until_ms > now_ms]
    return AlertsStanding(
        open_, reads.past(limit=past), [rules[kind] for kind in AlertKind], mutes, reads.channels(), reads.waiting()
    )


def decide(admin: Admin, kind: str, words: Mapping[str, str]) -> Rule:
    """Change the rule of a kind by words such as {"raise_at": "120"}; raises Invalid and NotFound."""
    of = _kind(kind)
    with changing(admin) as audit:
        before = admin.store.alerts.rules()[of]
        after = _with(admin, before, words)
        if problem := wrong_with(after):
            raise Invalid(problem)
        admin.store.alerts.save_rule(after)
        audit.tell_rules(f"alert {of}", before, after)
    return after


def reset(admin: Admin, kind: str) -> Rule:
    """Let the usual rule of a kind hold again; raises NotFound."""
    of = _kind(kind)
    with changing(admin) as audit:
        before = admin.store.alerts.rules()[of]
        admin.store.alerts.forget_rule(of)
        audit.tell_rules(f"alert {of}", before, usual(of))
        audit.tell(f"alert {of}", "", "as usual")
    return usual(of)


def mute(admin: Admin, asked: NewMute) -> AlertMute:
    """Keep new alerts of some kind or pixel from being told for some hours; raises Invalid, NotFound and Conflict."""
    if asked.kind:
        _kind(asked.kind)
    if not 0 < asked.hours <= MOST_MUTE_HOURS:
        raise Invalid(f"Mute for more than 0 and at most {MOST_MUTE_HOURS} hours.")
    reason = asked.reason.strip()
    if not 0 < len(reason) <= _LONGEST_REASON or not reason.isprintable():
        raise Invalid(f"Say why in one line of at most {_LONGEST_REASON} characters.")
    if asked.pixel:
        _known_pixel(admin, asked.workspace, asked.pixel)
    with changing(admin) as audit:
        now_ms, store = audit.at_ms, admin.store.alerts
        store.remove_mutes([it.id for it in store.mutes() if it.until_ms <= now_ms])
        if len(store.mutes()) >= MOST_MUTES:
            raise Conflict(f"There are {MOST_MUTES} mutes; end one first: twinbeam alerts unmute NUMBER")
        until_ms = now_ms + round(asked.hours * _MS_PER_HOUR)
        place = (asked.workspace, asked.pixel) if asked.pixel else ("", "")
        new = AlertMute(0, asked.kind, *place, reason, until_ms, admin.actor.name, now_ms)
        kept = store.add_mute(new)
        audit.tell(f"alerts mute {kept.id}", "", f"{asked.kind or 'all'} {asked.pixel} for {asked.hours:g} hours")
    return kept


def unmute(admin: Admin, number: int) -> None:
    """End a mute; raises NotFound."""
    with changing(admin) as audit:
        found = next((it for it in admin.store.alerts.mutes() if it.id == number), None)
        if found is None:
            raise NotFound("There is no such mute. List them with: twinbeam alerts list")
        admin.store.alerts.remove_mutes([number])
        audit.tell(f"alerts mute {number}", found.kind or "all", "")


def add_channel(admin: Admin, new: NewChannel, networks: Sequence[str] = ()) -> str:
    """
    Add a channel; returns the secret that signs for a webhook, shown once. Raises Invalid and Conflict.

    `networks` are the private ones that alerts may be sent to.
    """
    if not NAME.fullmatch(new.name):
        raise Invalid(f'"{quoted(new.name)}" is no name: use small letters, digits, - and _.')
    shown, address = _address(new, Allowed(networks))
    secret = f"{SECRET_PREFIX}{b64encode(token_bytes(32)).decode()}" if new.kind is ChannelKind.WEBHOOK else ""
    with changing(admin) as audit:
        known = admin.store.alerts.channels()
        if any(it.name == new.name for it in known):
            raise Conflict(
                f"There is a channel {new.name}. Remove it first: twinbeam alerts channels remove {new.name}"
            )
        if len(known) > MOST_CHANNELS:
            raise Conflict(f"There are {MOST_CHANNELS} channels; remove one first.")
        admin.store.alerts.add_channel(AlertChannel(new.name, new.kind, shown, audit.at_ms), address, secret)
        audit.tell(f"alert channel {new.name}", "", f"{new.kind} to {shown}")
    return secret


def remove_channel(admin: Admin, name: str) -> None:
    """Remove a channel, and what waits for it; raises NotFound and Conflict."""
    if name == LOG:
        raise Conflict("The log is always a channel; choose a rule's channels to leave it out.")
    with changing(admin) as audit:
        known = _channel(admin, name)
        admin.store.alerts.remove_channel(name)
        for rule in admin.store.alerts.rules().values():
            if name in rule.channels:
                left = tuple(it for it in rule.channels if it != name)
                admin.store.alerts.save_rule(replace(rule, channels=left or (LOG,)))
        audit.tell(f"alert channel {name}", f"{known.kind} to {known.shown}", "")


def try_channel(admin: Admin, name: str, link: str) -> None:
    """Have a test message sent to a channel while the gateway runs; raises NotFound."""
    with changing(admin) as audit:
        _channel(admin, name)
        message = tried(name, audit.at_ms, link)
        notice = AlertNotice(channel=name, message=message, made_ms=audit.at_ms, next_ms=audit.at_ms)
        admin.store.alerts.add_notices([notice])
        audit.tell(f"alert channel {name}", "", "test message")


def _with(admin: Admin, rule: Rule, words: Mapping[str, str]) -> Rule:
    changes: dict[str, object] = {}
    for name, text in words.items():
        reader = _READERS.get(name)
        if reader is None:
            raise Invalid(f'A rule has no "{quoted(name)}"; it has {", ".join(_READERS)}.')
        changes[name] = reader(admin, text.strip())
    return replace(rule, **changes)


def _is_on(_admin: Admin, text: str) -> bool:
    if text not in _ON_OFF:
        raise Invalid("Write on=yes or on=no.")
    return _ON_OFF[text]


_ON_OFF = {"yes": True, "true": True, "no": False, "false": False}


def _number(_admin: Admin, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise Invalid(f'"{quoted(text)}" is no number; write one such as 90 or 0.5.') from error


def _seconds(_admin: Admin, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Invalid(f'"{quoted(text)}" is no number of seconds; write one such as 300.')
    return int(text)


def _scope(admin: Admin, text: str) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if len(named) > MOST_SCOPE:
        raise Invalid(f"A rule names at most {MOST_SCOPE} pixels; leave pixels empty for all.")
    known = {row.code: f"{row.workspace}/{row.code}" for row in admin.store.pixels()}
    places = {place: place for place in (f"{row.workspace}/{row.code}" for row in admin.store.pixels())} | known
    if strangers := [it for it in named if it not in places]:
        raise NotFound(f'There is no pixel "{quoted(strangers[0])}". List them with: twinbeam pixels list')
    return tuple(places[it] for it in named)


def _channels(admin: Admin, text: str) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in named:
        _channel(admin, name)
    return named


_READERS = {
    "on": _is_on,
    "raise_at": _number,
    "clear_at": _number,
    "raise_after_seconds": _seconds,
    "clear_after_seconds": _seconds,
    "pixels": _scope,
    "channels": _channels,
}


def _kind(text: str) -> AlertKind:
    found = kind_named(text)
    if found is None:
        raise NotFound(f'There is no kind of alert "{quoted(text)}". It is one of {", ".join(AlertKind)}.')
    return found


def _channel(admin: Admin, name: str) -> AlertChannel:
    found = next((it for it in admin.store.alerts.channels() if it.name == name), None)
    if found is None:
        raise NotFound(f'There is no channel "{quoted(name)}". List them with: twinbeam alerts channels list')
    return found


def _known_pixel(admin: Admin, workspace: str, code: str) -> None:
    if not any((row.workspace, row.code) == (workspace, code) for row in admin.store.pixels()):
        raise NotFound(f'There is no pixel "{quoted(code)}". List them with: twinbeam pixels list')


def _address(new: NewChannel, allowed: Allowed) -> tuple[str, str]:
    """Return what pages may show of an address, and the address; raises Invalid."""
    if new.kind is ChannelKind.EMAIL:
        to = [part.strip() for part in new.address.split(",") if part.strip()]
        if not to or len(to) > _MOST_RECIPIENTS or not all(_EMAIL.fullmatch(it) for it in to):
            raise Invalid(f"Write 1 to {_MOST_RECIPIENTS} e-mail addresses with commas between.")
        return f"{len(to)} {'recipient' if len(to) == 1 else 'recipients'}", ",".join(to)
    if new.kind is ChannelKind.LOG:
        raise Invalid("The log is a channel already.")
    address = new.address.strip()
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        is_host = parts.port != 0 and (is_address(host) or _HOST.fullmatch(host) is not None)
    except ValueError:
        is_host = False
    if not is_host or parts.scheme not in ("http", "https") or len(address) > _LONGEST_URL or not address.isprintable():
        raise Invalid("Give an address that begins with https://, such as https://hooks.example/alerts.")
    if refusal := refusal_of(address, allowed):
        raise Invalid(refusal)
    return host, address
