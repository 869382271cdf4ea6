"""
How a conversion is found: the one function behind `twinbeam find`, the pages' search box and the read API.

An e-mail address is normalised and hashed as the identity room does it, and only its hash goes to the store.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.core.keys import lookup
from twinbeam.core.story import Story
from twinbeam.pipeline.identity.email import email_digest
from twinbeam.pipeline.identity.event_ids import safe_id
from twinbeam.pipeline.identity.order_ids import one_spelling


class Searched(Protocol):
    """What is searched: the reading side of a store. Both raise StorageError."""

    def by_event_id(self, workspace: str, event_id: str) -> list[Story]:
        """Return what is known under an event id, in every event and pixel of the workspace, tombstones included."""
        ...

    def by_lookup(self, hashes: Iterable[bytes]) -> list[Story]:
        """Return the conversions that look-up hashes (core.keys.lookup) lead to, with their copies and attempts."""
        ...


class By(StrEnum):
    """What a conversion may be found by."""

    EVENT_ID = "event_id"
    ORDER_ID = "order_id"
    EMAIL = "email"


class Query(Struct, frozen=True):
    """What is looked for in one workspace: the text as a person types it, and what it is."""

    workspace: str
    by: By
    text: str


def find(searched: Searched, query: Query) -> list[Story]:
    """Return the conversions that a query means; nothing for an empty text or what is no e-mail address."""
    text = query.text.strip()
    return _WAYS[query.by](searched, query.workspace, text) if text else []


def find_anywhere(
    searched: Searched, workspaces: Iterable[str], text: str, ways: Collection[By] = tuple(By)
) -> list[Story]:
    """Return what a text means in some ways in some workspaces: newest first, each once."""
    queries = (Query(workspace, by, text) for workspace in workspaces for by in ways)
    found = {story.id: story for query in queries for story in find(searched, query)}
    return sorted(found.values(), key=lambda story: -story.id)


def is_email(text: str) -> bool:
    """Return whether a text can be an e-mail address."""
    return email_digest(text) is not None


def _by_event_id(searched: Searched, workspace: str, text: str) -> list[Story]:
    event_id = safe_id(text)
    found = searched.by_event_id(workspace, event_id)
    # A tombstone kept only the key, so it is given the id it was found under.
    return [story if story.event_id else replace(story, event_id=event_id) for story in found]


def _by_order_id(searched: Searched, workspace: str, text: str) -> list[Story]:
    order = lookup("order", workspace, one_spelling(safe_id(text)))
    return _of(workspace, searched.by_lookup([order]))


def _by_email(searched: Searched, workspace: str, text: str) -> list[Story]:
    digest = email_digest(text)
    return [] if digest is None else _of(workspace, searched.by_lookup([lookup("email", workspace, digest)]))


def _of(workspace: str, stories: Iterable[Story]) -> list[Story]:
    """Keep the workspace's own: a look-up hash is short, and may lead astray."""
    return [story for story in stories if story.workspace == workspace]


_WAYS = {By.EVENT_ID: _by_event_id, By.ORDER_ID: _by_order_id, By.EMAIL: _by_email}
