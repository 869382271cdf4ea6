"""
How a conversion is found: by event id, by order id, or by the e-mail address of its buyer.

An address is normalised and hashed as the identity room does it, and only its hash goes to the ledger.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from twinbeam.core.keys import lookup
from twinbeam.core.story import Story
from twinbeam.dashboard.contract import Ledger
from twinbeam.pipeline.identity.email import email_digest
from twinbeam.pipeline.identity.event_ids import safe_id

_NO_ID = 2**62  #: an address may hold any number; one that no ledger reaches is not worth asking for


def by_event_id(ledger: Ledger, workspace: str, text: str) -> list[Story]:
    """Find by event id; a tombstone kept only the key, so it is given the id it was found under."""
    event_id = safe_id(text)
    found = ledger.by_event_id(workspace, event_id)
    return [story if story.event_id else replace(story, event_id=event_id) for story in found]


def by_order_id(ledger: Ledger, workspace: str, text: str) -> list[Story]:
    """Find by order id."""
    return _of(workspace, ledger.by_lookup([lookup("order", workspace, safe_id(text))]))


def by_email(ledger: Ledger, workspace: str, text: str) -> list[Story]:
    """Find by an e-mail address as a person types it."""
    digest = email_digest(text)
    return [] if digest is None else _of(workspace, ledger.by_lookup([lookup("email", workspace, digest)]))


def anywhere(ledger: Ledger, text: str) -> list[Story]:
    """Find by whatever was typed, in every workspace; newest first, each once."""
    ways = (by_event_id, by_order_id, by_email)
    found = {story.id: story for place in workspaces(ledger) for way in ways for story in way(ledger, place, text)}
    return sorted(found.values(), key=lambda story: -story.id)


def by_id(ledger: Ledger, conversion_id: int) -> Story | None:
    """Give one conversion by its number in the ledger, with copies and attempts where its ids are kept."""
    newest = ledger.recent(limit=1, before_id=conversion_id + 1) if conversion_id < _NO_ID else []
    if not newest or newest[0].id != conversion_id:
        return None
    row = newest[0]
    full = ledger.by_event_id(row.workspace, row.event_id) if row.event_id else []
    return next((story for story in full if story.id == conversion_id), row)


def workspaces(ledger: Ledger) -> list[str]:
    """List the workspaces that have a pixel."""
    return sorted({row.workspace for row in ledger.pixels()})


def _of(workspace: str, stories: Iterable[Story]) -> list[Story]:
    """Keep the workspace's own: a look-up hash is short, and may lead astray."""
    return [story for story in stories if story.workspace == workspace]
