"""
What TikTok's codes, and the HTTP statuses that people search for, mean: the cause and the fix in words.

What is done with an answer is decided in destinations/tiktok/verdicts.py; a test holds that each code of that table
has its words here. Codes are those of tiktok.md 4.2 and 4.3.
"""

from collections.abc import Mapping

from msgspec import Struct


class Advice(Struct, frozen=True):
    """Why TikTok answers so, and what to do."""

    cause: str
    fix: str
    page: str = ""  #: where that is done, of the gateway's own pages


_ACCOUNTS = "/accounts"
_ANOTHER = "Generate a new token in Events Manager (the pixel, Settings, Events API) and save it."
_WAIT = "Nothing: the gateway sends again by itself."
_REPORT = "Update Twinbeam; if it stays, report it with the request id."

CODES: Mapping[int, Advice] = {
    0: Advice("TikTok took the whole request.", "Nothing."),
    20001: Advice(
        "TikTok took a part of the request and does not say which.",
        "Nothing: each event is sent alone until the culprit is known. Look at its message.",
    ),
    40000: Advice(
        "A parameter of the event is wrong.",
        "Correct the field that the message names where the shop reports it.",
    ),
    40001: Advice(
        "The token may not report to this pixel.", "Use a token of an admin or operator of its ad account.", _ACCOUNTS
    ),
    40002: Advice(
        "A field of the event is wrong: its type, its name, its currency or its length.",
        "Correct the field that the message names: in the shop's report for events to come, or in the pixel's rules, "
        "which also shape what is sent again.",
    ),
    40003: Advice("TikTok forbids it to this account.", "Look at the account in TikTok Business Center.", _ACCOUNTS),
    40006: Advice("TikTok does not know this version of its API.", _REPORT),
    40007: Advice(
        "The pixel does not exist, or not for this token.", "Compare the pixel code with Events Manager.", "/pixels"
    ),
    40008: Advice("TikTok does not offer this.", _REPORT),
    40009: Advice("A sandbox does not take this.", "Send to TikTok itself: see TWINBEAM_TIKTOK_URL."),
    40010: Advice("TikTok does not serve this host.", "Look at TWINBEAM_TIKTOK_URL."),
    40011: Advice("There are too many ids in one request.", "Nothing: it is sent in smaller parts."),
    40012: Advice("TikTok saw nothing to change.", _REPORT),
    40013: Advice("The sandbox account does not exist.", "Use a real ad account, or make the sandbox anew.", _ACCOUNTS),
    40014: Advice("The request went to the wrong region of TikTok's.", "Look at TWINBEAM_TIKTOK_URL."),
    40016: Advice("TikTok limits how often it is asked.", _WAIT),
    40050: Advice("TikTok saw the same request twice.", "Send it again alone; TikTok drops a repeat by its event id."),
    40051: Advice("TikTok does not know this version of its API.", _REPORT),
    40052: Advice("TikTok does not know this version of its API.", _REPORT),
    40053: Advice("TikTok does not know this version of its API.", _REPORT),
    40061: Advice("There are too many events in one request.", "Nothing: it is sent in smaller parts."),
    40062: Advice(
        "An identifier reached TikTok without being hashed.",
        "Report it with the request id; the gateway hashes all of them.",
    ),
    40063: Advice("TikTok does not know the partner's name.", _REPORT),
    40100: Advice("TikTok limits how often this app may send (it may come with HTTP 401).", _WAIT),
    40102: Advice("The token has expired.", _ANOTHER, _ACCOUNTS),
    40103: Advice("The account's grant has expired.", "Connect the account again.", _ACCOUNTS),
    40104: Advice("TikTok saw no token.", "Save the pixel's token.", _ACCOUNTS),
    40105: Advice("The token is wrong or was revoked.", _ANOTHER, _ACCOUNTS),
    40107: Advice("The account's grant was revoked.", "Connect the account again.", _ACCOUNTS),
    40110: Advice("The authorisation was used twice or is too old.", "Connect the account again.", _ACCOUNTS),
    40117: Advice(
        "The app lacks the right to this endpoint.", "Give the app that right in TikTok's developer portal.", _ACCOUNTS
    ),
    40118: Advice("TikTok offers this to selected accounts only.", "Ask your contact at TikTok."),
    40130: Advice("The token lacks a scope.", "Give the app the scope and connect the account again.", _ACCOUNTS),
    40132: Advice("TikTok limits how often it is asked.", _WAIT),
    40133: Advice("TikTok limits how often it is asked.", _WAIT),
    40200: Advice("A task at TikTok failed.", _REPORT),
    40201: Advice("A task at TikTok is not ready.", _WAIT),
    40202: Advice("Two writes at TikTok met.", _WAIT),
    40300: Advice("The ad account does not exist.", "Compare the ad account with Ads Manager.", _ACCOUNTS),
    40309: Advice(
        "TikTok asks somebody to sign in.", "Sign in to Ads Manager and connect the account again.", _ACCOUNTS
    ),
    40400: Advice("The address does not exist.", "Look at TWINBEAM_TIKTOK_URL."),
    40502: Advice("The account has reached a limit.", "Look at the account in Ads Manager."),
    40700: Advice(
        "TikTok's own check refused the event.", "Correct the field that the message names, then send it again."
    ),
    41000: Advice("TikTok blocks this account or app.", "Look at the account in TikTok Business Center.", _ACCOUNTS),
    41001: Advice("TikTok has retired this endpoint.", _REPORT),
    41002: Advice("TikTok has retired a field.", _REPORT),
    60001: Advice("TikTok is under maintenance.", _WAIT),
    61000: Advice("TikTok limits how often it is asked.", _WAIT),
    70001: Advice("TikTok answers with an error that it does not explain.", _REPORT),
}

#: For codes that have no words of their own: first and last, and what they share.
RANGES: tuple[tuple[int, int, Advice], ...] = (
    (40101, 40131, Advice("TikTok refuses the token, its app or its account.", _ANOTHER, _ACCOUNTS)),
    (
        40301,
        40302,
        Advice("Your role in the ad account is not enough.", "Ask its admin for the role of an operator.", _ACCOUNTS),
    ),
    (40900, 40916, Advice("TikTok cannot use a file.", _REPORT)),
    (50000, 59999, Advice("TikTok has trouble of its own.", _WAIT)),
)

#: What people search for; TikTok's code in the body decides where there is one.
STATUSES: Mapping[int, Advice] = {
    400: Advice(
        "The request is wrong as a whole, or a proxy between us and TikTok refused it.",
        "Look at the message and at HTTPS_PROXY.",
    ),
    401: Advice(
        "The token is refused; or, with code 40100, TikTok limits how often this app may send.",
        "With 40100 nothing; else save a new token.",
        _ACCOUNTS,
    ),
    403: Advice(
        "A proxy or firewall refuses the request, or TikTok blocks this address.",
        "Look at the way out of this machine.",
    ),
    404: Advice("The address does not exist.", "Look at TWINBEAM_TIKTOK_URL."),
    413: Advice("A proxy found the request too large.", "Nothing: it is sent in smaller parts."),
    429: Advice("Too many requests.", _WAIT),
    500: Advice("TikTok has trouble of its own.", _WAIT),
    502: Advice("A server between us and TikTok is broken.", _WAIT),
    503: Advice("TikTok is not there for a moment.", _WAIT),
    504: Advice("TikTok did not answer in time.", _WAIT),
}

UNKNOWN = Advice("Nobody has described this answer.", "Look at its message, and ask TikTok with the request id.")


def is_described(code: int) -> bool:
    """Return whether it is known what a code means."""
    return advice_on(code) is not UNKNOWN


def advice_on(code: int | None, status: int | None = None) -> Advice:
    """Return the words for an answer: by its code, and by its HTTP status only where it has none."""
    if code is None:
        return STATUSES.get(status or 0, UNKNOWN)
    ranged = (advice for first, last, advice in RANGES if first <= code <= last)
    return CODES.get(code) or next(ranged, UNKNOWN)
