"""Who may call: the token, its limits, and whether it covers the event source (tiktok.md 1.3, 1.4, 4.2, 4.6)."""

import re

from tiktok_emulator.accounts import Token
from tiktok_emulator.answers import Answer, Code, refuse
from tiktok_emulator.call import Call
from tiktok_emulator.faults import Where, masked
from tiktok_emulator.rules import Finding, Rule
from tiktok_emulator.trouble import permission_message
from tiktok_emulator.world import World

#: Pixel codes are about 20 upper-case alphanumerics; sets and apps are numeric or a store name (tiktok.md 2.1, 9.1).
_WELL_FORMED = {
    "web": re.compile(r"[A-Z0-9]{8,32}"),
    "app": re.compile(r"[\w.]{1,100}"),
    "offline": re.compile(r"\d{1,25}"),
    "crm": re.compile(r"\d{1,25}"),
}


APP_BARRED = "The app is forbidden."


def note(world: World, call: Call, rule: Rule, path: str = "", evidence: str = "") -> None:
    """Record a finding about a call as a whole."""
    world.note(Where(call.request, call.at_ms), [Finding(rule, path, evidence)])


def authorised(world: World, call: Call) -> Token | Answer:
    """Find the token of a call, or say why it is refused."""
    text = call.header(b"access-token").strip()
    if not text:
        note(world, call, Rule.EMPTY_TOKEN, "Access-Token")
        return refuse(Code.EMPTY_TOKEN, "Access token is empty.")
    token = world.accounts.tokens.get(text)
    if token is None or token.revoked:
        note(world, call, Rule.BAD_TOKEN, "Access-Token", masked(text))
        return refuse(Code.INVALID_TOKEN, "Access token is incorrect or has been revoked.")
    app = world.accounts.apps.get(token.app_id)
    return refuse(Code.APP_FORBIDDEN, APP_BARRED) if app is not None and app.forbidden else token


def admitted(world: World, call: Call) -> Token | Answer:
    """Like `authorised`, for the event endpoints, whose calls are counted against the limits."""
    token = authorised(world, call)
    if isinstance(token, Answer) or world.limits.passes(token.counted_as, call.at_ms, world.switches.event_rates):
        return token
    note(world, call, Rule.OVER_LIMIT, call.path)
    return too_frequent(world)


def over_marketing_limit(world: World, call: Call) -> Answer | None:
    """Return the answer to one request too many of the endpoints around events, counted per app (tiktok.md 4.6)."""
    token = world.accounts.tokens.get(call.header(b"access-token").strip())
    if token is None or world.marketing_limits.passes(token.counted_as, call.at_ms, world.switches.marketing_rates):
        return None
    return too_frequent(world, status=world.switches.marketing_limit_status)


def too_frequent(world: World, *, status: int | None = None) -> Answer:
    """Build the answer to one request too many."""
    seconds = world.switches.retry_after_seconds
    return Answer(
        status=status,
        code=Code.TOO_FREQUENT,
        message="Too many requests. Please retry in some time.",
        headers=(("Retry-After", str(seconds)),) if seconds else (),
    )


def refused_source(world: World, call: Call, token: Token, source: str, source_id: str) -> Answer | None:
    """Return why a token may not report to an event source, or None if it may."""
    owners = owners_of(world, source, source_id)
    if owners & set(token.advertiser_ids):
        return None
    note(world, call, Rule.NO_PERMISSION, "event_source_id", source_id[:40])
    if not owners and not _WELL_FORMED[source].fullmatch(source_id):
        return refuse(world.switches.malformed_source_code, "event_source_id: Not a valid event source id.")
    return refuse(Code.PERMISSION, permission_message(source_id[:100]))


def owners_of(world: World, source: str, source_id: str) -> set[str]:
    """Name the advertisers that own an event source or have it linked; empty if it does not exist."""
    if source == "web":
        pixel = world.accounts.pixels.get(source_id)
        return {pixel.advertiser_id, *pixel.linked} if pixel else set()
    event_set = world.accounts.event_sets.get(source_id)
    return {event_set.advertiser_id} if event_set and event_set.kind == source else set()
