"""An event without identifiers, for a visitor who lets it be sent, but nothing about the person."""

import msgspec
from msgspec import Raw

from twinbeam.core.addresses import without_query

#: What thousands share.
KEPT_OF_USER = frozenset({"country", "locale"})

_members = msgspec.json.Decoder(dict[str, Raw]).decode
_texts = msgspec.json.Decoder(dict[str, str]).decode
_encode = msgspec.json.Encoder().encode


def bare(body: bytes) -> bytes:
    """
    Take the identifiers out of a TikTok event as it is stored: a JSON object without the event's name.

    Doing it twice changes nothing, so whoever learns of the visitor's word may ask for it.
    """
    event = _members(body)
    event.pop("lead", None)
    event.pop("limited_data_use", None)  # which needs the address (tiktok.md 10.3), and there is nobody to protect
    user = {name: value for name, value in _members(event.pop("user", b"{}")).items() if name in KEPT_OF_USER}
    page = {name: without_query(url) for name, url in _texts(event.pop("page", b"{}")).items()}
    parts = {"user": user, "page": {name: url for name, url in page.items() if url}}
    return _encode({**event, **{name: part for name, part in parts.items() if part}})
