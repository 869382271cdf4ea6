"""The addresses of the control API, and its description of itself."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tiktok_emulator.control import judging, reading, steering
from tiktok_emulator.control.paging import ParameterError, answer

DESCRIPTION = {
    "GET /_control": "This description.",
    "POST /_control/reset": "Forget events, requests, faults and scripts; keep accounts, switches and time.",
    "GET|POST /_control/accounts": (
        "Advertisers, pixels, event_sets, apps, tokens, test_codes; POST adds or replaces; `revoke` lists tokens, "
        "`remove_pixels` codes; `crowd` {advertisers, pixels_each, app_id, prefix} adds an agency's accounts."
    ),
    "GET|POST /_control/switches": "What is not known about TikTok; POST {name: position}.",
    "GET /_control/counted?pixel=&event=&after=&limit=&full=1": "Events that count after dedup.",
    "GET /_control/received?pixel=&fate=&test_code=&after=&limit=": "Every copy received, read, with its fate.",
    "GET /_control/requests?pixel=&after=&limit=&body=1": "The last 10,000 calls.",
    "GET /_control/totals": "Sums of what was received and what became of it.",
    "GET /_control/limits": "Requests of each app and pixel: how many, at most within a limit's time, and refused.",
    "GET /_control/faults?grave=1&rule=&after=&limit=": "What was found wrong.",
    "GET /_control/overview?pixel=": "The Events Manager table of a pixel or set.",
    "GET|POST /_control/diagnostics?pixel=": "Cards of the last 24 hours; POST {dismiss: id, pixel, event}.",
    "POST /_control/token": "POST {pixel}: generate a token as Events Manager does.",
    "GET|POST|DELETE /_control/trouble": (
        "Scripted trouble: kind (code, status, rate_limit, partial, delay, hang, reset, html_502, truncated, "
        "slow_body, token_revoked, token_foreign), times, share, pixel, path, when (before, after), seconds, status, "
        "code, message, retry_after_seconds, take_share. DELETE takes away all, or ?id=."
    ),
    "POST /_control/incident": (
        "Announce an outage to those who subscribed to API_SERVICE_STATUS: incident_id, event (CREATE, UPDATE, "
        "RESOLVE), level, products; answers with the status of each post."
    ),
    "GET|POST /_control/time": "POST {move_seconds, at_ms, freeze}.",
}


async def describe(_request: Request) -> Response:
    """Describe the control API."""
    return answer({"control": DESCRIPTION, "next": 0})


async def refuse(_request: Request, error: Exception) -> Response:
    """Answer 400 with what is wrong with a control call."""
    return answer({"error": str(error)}, 400)


ERRORS = {ParameterError: refuse, msgspec.ValidationError: refuse}

ROUTES = [
    Route("/_control", describe),
    Route("/_control/reset", steering.reset, methods=["POST"]),
    Route("/_control/accounts", steering.accounts, methods=["GET", "POST"]),
    Route("/_control/switches", steering.switches, methods=["GET", "POST"]),
    Route("/_control/trouble", steering.trouble, methods=["GET", "POST", "DELETE"]),
    Route("/_control/time", steering.time, methods=["GET", "POST"]),
    Route("/_control/incident", steering.incident, methods=["POST"]),
    Route("/_control/token", steering.token, methods=["POST"]),
    Route("/_control/counted", reading.counted),
    Route("/_control/received", reading.received),
    Route("/_control/requests", reading.requests),
    Route("/_control/totals", reading.totals),
    Route("/_control/limits", reading.limits),
    Route("/_control/faults", reading.faults),
    Route("/_control/overview", judging.show_overview),
    Route("/_control/diagnostics", judging.show_diagnostics, methods=["GET", "POST"]),
]
