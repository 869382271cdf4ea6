"""
Say what is wrong with a part of a request in the sender's words: field, reason and fix, and never the value itself.

The decoder's complaint is the only source of where and what; a test pins its wording.
"""

from collections.abc import Callable, Mapping

from msgspec import ValidationError

from twinbeam.core.names import CUSTOM_RULE
from twinbeam.core.values import Rejected
from twinbeam.orders.state import KINDS
from twinbeam.pipeline.accept.codes import SENTENCES, Rejection
from twinbeam.pipeline.accept.event_checks import TIME_FIX, path_in

_TEXT = 'Send a string of 1 to 256 characters, such as "1001".'
_NUMBER = 'Send a number such as 89.90, not "89,90" or "EUR 89.90".'
_WHOLE = 'Send a whole number such as 2, not "2 pcs".'
_IDENTIFIER = "Send a string, or a list of at most 20 strings, each of at most 320 characters."
_ANSWER = 'Send "granted", "denied" or "undecided", or leave it out if the visitor has not answered.'

_STATE = f"{TIME_FIX[:-1]}, true if its time is not known, or false to take it back."

#: By the field's own name, wherever it stands.
_FIXES: Mapping[str, str] = {
    "event": f"Use {CUSTOM_RULE}.",
    "event_time": TIME_FIX,
    "event_id": _TEXT,
    "order_id": _TEXT,
    "event_source": 'Send "web", "offline" or "crm".',
    "lead_id": _TEXT,
    "email": _IDENTIFIER,
    "phone": _IDENTIFIER,
    "external_id": _IDENTIFIER,
    "value": _NUMBER,
    "price": _NUMBER,
    "amount": _NUMBER,
    "discounts": _NUMBER,
    "refund_id": _TEXT,
    "kind": f"Send {', '.join(KINDS)}, or leave it out for an order of the shop's own pages.",
    "paid": _STATE,
    "shipped": _STATE,
    "delivered": _STATE,
    "cancelled": _STATE,
    "placed": TIME_FIX,
    "updated_at": TIME_FIX,
    "refunded_at": TIME_FIX,
    "predicted_ltv": _NUMBER,
    "quantity": _WHOLE,
    "num_items": _WHOLE,
    "currency": 'Send a currency as three letters (ISO 4217), such as "EUR".',
    "content_type": 'Send "product" or "product_group".',
    "customer_type": 'Send "new" or "returning".',
    "ad_storage": _ANSWER,
    "ad_user_data": _ANSWER,
    "ad_personalization": _ANSWER,
    "limited_data_use": "Send true or false.",
    "test": "Send true or false.",
    "livemode": "Send true or false.",
    "test_event_code": "Send the code as TikTok's test page shows it, such as TEST12345, or leave the field out.",
    "age_ms": "Send how many milliseconds ago it happened, such as 1500.",
    "native": 'Send "sent", "blocked", "not_fired" or "unknown".',
    "observed": "Send a list of words, or leave it out.",
    "stage": 'Send "placed", "paid" or "shipped".',
    "tax": _NUMBER,
    "shipping": _NUMBER,
    "gift_cards": _NUMBER,
    "tips": _NUMBER,
    "opt_out": "Send true or false.",
    "at": "Send when the visitor answered, in whole seconds since 1970-01-01 UTC.",
    "region": 'Send an ISO 3166 code such as "DE" or "US-CA".',
    "visitor_id": _TEXT,
    "cart_token": _TEXT,
    "checkout_token": _TEXT,
    "order_token": _TEXT,
}

_OTHER_FIXES: Mapping[Rejection, str] = {
    Rejection.MISSING_FIELD: "Add the field.",
    Rejection.WRONG_TYPE: "Send the expected JSON type.",
    Rejection.OUT_OF_RANGE: "Stay within the limit.",
}

_JSON_WORDS = {
    "str": "a string",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
    "decimal": "a number",
}


def complain(error: ValidationError, index: int, place: Callable[[int, str], str] = path_in) -> Rejected:
    """Refuse one part of a request for the first thing the decoder found; `place` names a field of it."""
    what, path = _parts(str(error))
    code = _code(what)
    if code is Rejection.MISSING_FIELD:
        path = ".".join(filter(None, (path, _quoted(what))))
    if path == "event" and code is Rejection.OUT_OF_RANGE:
        code = (
            Rejection.BAD_EVENT_NAME
        )  # a name of 51 characters, or of none, is refused as any other that TikTok refuses
    fix = fix_of(path) or _OTHER_FIXES[code]
    return Rejected(index, code, _message(code, what), place(index, path), fix)


def fix_of(path: str) -> str:
    """Return the rule of a field by its dotted path, as far as it has one of its own."""
    return _FIXES.get(path.rpartition(".")[2].partition("[")[0], "")


def _parts(complaint: str) -> tuple[str, str]:
    """Split the decoder's `Expected ..., got ... - at `$.user.email`` into its reason and its dotted path."""
    what, found, path = complaint.rpartition(" - at `$")
    return (what, path.strip(".`")) if found else (complaint, "")


def _code(what: str) -> Rejection:
    if what.startswith("Object missing"):
        return Rejection.MISSING_FIELD
    return Rejection.WRONG_TYPE if ", got `" in what else Rejection.OUT_OF_RANGE


def _quoted(what: str) -> str:
    return what.partition("`")[2].partition("`")[0]


def _message(code: Rejection, what: str) -> str:
    """Add what was expected; the decoder's other complaints may quote the value, and are left out."""
    if not what.startswith("Expected "):
        return SENTENCES[code]
    expected, _, got = what.removeprefix("Expected ").replace("`", "").partition(", got ")
    kinds = [_plain(kind) for kind in expected.split(" | ")]
    wanted = " or ".join(dict.fromkeys(kind for kind in kinds if kind != "null" or len(kinds) == 1))
    return f"{SENTENCES[code]} Expected {wanted}{f', got {_plain(got)}' if got else ''}."


def _plain(kind: str) -> str:
    """Write a type for people; what it is bound to, such as `>= 0`, stays."""
    name, space, bound = kind.partition(" ")
    return _JSON_WORDS.get(name, name) + space + bound
