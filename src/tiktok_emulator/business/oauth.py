"""How an advertiser authorises an app, and the app gets and gives up its token (tiktok.md 12.1)."""

import secrets
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from tiktok_emulator.accounts import App, AuthCode, Token
from tiktok_emulator.answers import Answer, Code, refuse
from tiktok_emulator.business.parameters import from_body, from_query
from tiktok_emulator.call import Call
from tiktok_emulator.clock import MS_PER_HOUR
from tiktok_emulator.permission import APP_BARRED, authorised, over_marketing_limit
from tiktok_emulator.world import World

CODE_LIFE_MS = MS_PER_HOUR

#: What a refusal comes back with: the public material is silent, so this is a guess.
REFUSED = "access_denied"

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Authorise</title><body style="font-family:system-ui;max-width:32rem;margin:3rem auto;padding:0 1rem">
<h1>Authorise {app}</h1><p>{text}</p>{form}</body></html>"""
_BUTTON = '<button style="font-size:1.2rem;padding:.6rem 1.2rem"{more}>{text}</button>'
_BOX = (
    '<p><label><input type="checkbox" name="advertiser_id" value="{id}" checked> {name} <small>{id}</small></label></p>'
)


class Exchange(msgspec.Struct, frozen=True):
    """What an app gives for a token."""

    app_id: str
    secret: str
    auth_code: str


class AppQuery(msgspec.Struct, frozen=True):
    """How an app names itself in a query."""

    app_id: str
    secret: str


class Revocation(msgspec.Struct, frozen=True):
    """What an app gives up."""

    app_id: str
    secret: str
    access_token: str


def consent_page(world: World, call: Call) -> Answer:
    """Show the advertiser's consent page; confirming it is a POST to the same address."""
    app = world.accounts.apps.get(call.query.get("app_id", ""))
    if app is None or not _target(call):
        return _html(
            404, _PAGE.format(app="", text="Unknown <code>app_id</code> or no <code>redirect_uri</code>.", form="")
        )
    boxes = "".join(_BOX.format(id=escape(each), name=escape(_name(world, each))) for each in app.advertiser_ids)
    buttons = (
        _BUTTON.format(more="", text="Confirm") + " " + _BUTTON.format(more=' name="refuse" value="1"', text="Cancel")
    )
    text = "It may report events for the ad accounts that you choose, and read their pixels:"
    form = f'<form method="post">{boxes}{buttons}</form>'
    return _html(200, _PAGE.format(app=escape(app.name or app.id), text=text, form=form))


def confirm(world: World, call: Call) -> Answer:
    """Send the advertiser back to the app with a code that is good for an hour, once, or with word of a refusal."""
    app = world.accounts.apps.get(call.query.get("app_id", ""))
    if app is None or not _target(call):
        return consent_page(world, call)
    chosen = parse_qsl(call.body.decode("utf-8", "replace"))
    if ("refuse", "1") in chosen:
        return _back(call, {"error": REFUSED})
    named = [value for name, value in chosen if name == "advertiser_id"]
    ids = tuple(each for each in app.advertiser_ids if each in named or not named)
    code = secrets.token_hex(20)
    world.accounts.auth_codes[code] = AuthCode(code=code, app_id=app.id, made_ms=call.at_ms, advertiser_ids=ids)
    world.changed()
    return _back(call, {"auth_code": code, "code": code})


def _back(call: Call, told: dict[str, str]) -> Answer:
    """Send the browser back to the app with the state it gave."""
    parts = urlsplit(_target(call))
    query = urlencode([*parse_qsl(parts.query), *told.items(), ("state", call.query.get("state", ""))])
    where = urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))
    return Answer(status=302, headers=(("Location", where),), body=b"", content_type="text/html")


def _target(call: Call) -> str:
    """Return the address to go back to, if it is one a browser may be sent to."""
    target = call.query.get("redirect_uri", "")
    return target if target.startswith(("https://", "http://")) else ""


def _name(world: World, advertiser_id: str) -> str:
    advertiser = world.accounts.advertisers.get(advertiser_id)
    return advertiser.name if advertiser and advertiser.name else advertiser_id


def _html(status: int, page: str) -> Answer:
    return Answer(status=status, body=page.encode(), content_type="text/html; charset=utf-8")


def access_token(world: World, call: Call) -> Answer:
    """Exchange a code for a token without end."""
    asked = from_body(world, call, Exchange)
    if isinstance(asked, Answer):
        return asked
    app = known_app(world, asked.app_id, asked.secret)
    if isinstance(app, Answer):
        return app
    code = world.accounts.auth_codes.pop(asked.auth_code, None)
    if code is None or code.app_id != app.id or call.at_ms - code.made_ms > CODE_LIFE_MS:
        return refuse(Code.AUTH_CODE, "Auth_code is expired, used or incorrect.")
    covered = code.advertiser_ids or app.advertiser_ids
    token = Token(token=secrets.token_hex(20), advertiser_ids=covered, app_id=app.id)
    world.accounts.tokens[token.token] = token
    world.changed()
    return Answer(data={"access_token": token.token, "advertiser_ids": covered, "scope": app.scope})


def advertisers(world: World, call: Call) -> Answer:
    """List the ad accounts a token covers."""
    token = authorised(world, call)
    if isinstance(token, Answer):
        return token
    asked = from_query(call, AppQuery)
    if isinstance(asked, Answer):
        return asked
    if (refusal := over_marketing_limit(world, call)) is not None:
        return refusal
    app = known_app(world, asked.app_id, asked.secret)
    if isinstance(app, Answer):
        return app
    listed = [{"advertiser_id": each, "advertiser_name": _name(world, each)} for each in token.advertiser_ids]
    return Answer(data={"list": listed})


def revoke_token(world: World, call: Call) -> Answer:
    """Make a token of an app useless."""
    asked = from_body(world, call, Revocation)
    if isinstance(asked, Answer):
        return asked
    app = known_app(world, asked.app_id, asked.secret)
    if isinstance(app, Answer):
        return app
    token = world.accounts.tokens.get(asked.access_token)
    if token is None or token.revoked or token.app_id != app.id:
        return refuse(Code.INVALID_TOKEN, "Access token is incorrect or has been revoked.")
    world.accounts.revoke(asked.access_token)
    world.changed()
    return Answer(data={})


def known_app(world: World, app_id: str, secret: str) -> App | Answer:
    """Return the app of an id and a secret, or why there is none."""
    app = world.accounts.apps.get(app_id)
    if app is None or not secrets.compare_digest(app.secret.encode(), secret.encode()):
        return refuse(Code.APP_FORBIDDEN, "The app does not exist or its secret is incorrect.")
    return refuse(Code.APP_FORBIDDEN, APP_BARRED) if app.forbidden else app
