"""A message as each kind of channel takes it; pure."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from twinbeam.alerts.messages import Message
from twinbeam.core.clock import MS_PER_SECOND

SECRET_PREFIX = "whsec_"  # noqa: S105 -- how a secret of Standard Webhooks begins
_ENCODER = msgspec.json.Encoder()


def webhook_body(it: Message) -> bytes:
    """Return the body for Standard Webhooks: type, timestamp and data."""
    data = msgspec.to_builtins(it)
    for name in ("type", "id", "at_ms"):
        del data[name]
    for name in ("since_ms", "ended_ms"):
        ms = data.pop(name)
        data[name.removesuffix("_ms")] = utc(ms) if ms else None
    return _ENCODER.encode({"type": it.type, "timestamp": utc(it.at_ms), "data": data})


def webhook_head(secret: str, it: Message, body: bytes, now_ms: int) -> Mapping[str, str]:
    """Return the head for Standard Webhooks: id, time of this attempt, and the signature over both and the body."""
    seconds = now_ms // MS_PER_SECOND
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = hmac.new(key, f"{it.id}.{seconds}.".encode() + body, sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-id": it.id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{b64encode(signed).decode()}",
    }


def slack_body(it: Message) -> bytes:
    """Return the body for an incoming webhook of Slack's, which Mattermost and others take as well."""
    sign = ":white_check_mark:" if it.is_end else ":information_source:" if not it.kind else ":rotating_light:"
    lines = [f"{sign} *{_slack(it.title)}*", _slack(it.text), *([_slack(it.fix)] if it.fix else []), _times(it)]
    if it.link:
        lines.append(f"<{it.link}|Open the page>")
    return _ENCODER.encode({"text": "\n".join(line for line in lines if line)})


def mail_of(it: Message) -> tuple[str, str]:
    """Return the subject and the text of an e-mail."""
    word = "Over" if it.is_end else "Alert" if it.kind else "Test"
    lines = [it.text, it.fix, _times(it), it.link]
    return f"[Twinbeam] {word}: {it.title}", "\n\n".join(line for line in lines if line) + "\n"


def utc(ms: int) -> str:
    """Return a time as RFC 3339 has it."""
    return datetime.fromtimestamp(ms / MS_PER_SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _times(it: Message) -> str:
    if not it.since_ms:
        return ""
    until = f", over since {utc(it.ended_ms)}" if it.ended_ms else ""
    return f"Since {utc(it.since_ms)}{until}."


def _slack(text: str) -> str:
    """Escape what Slack reads as markup of links and mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
