"""Exports: the stories of a workspace, and all that is stored about a person."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from twinbeam.admin import shops
from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin, SubjectData
from twinbeam.admin.person import Subject, person_of
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.rules import FIRST_SHOP
from twinbeam.core.story import Story
from twinbeam.core.values import JSON, Facts, plain
from twinbeam.pipeline.record.conversion import Copy


def stories(
    admin: Admin, workspace: str, *, since: date | None = None, shop: str | None = None
) -> Iterator[list[Story]]:
    """Return the stories of a workspace, or of one shop, from a UTC day on, page by page; raises NotFound."""
    known_workspace(admin, workspace)
    wanted = None if shop is None else shops.known(admin, workspace, shop) or FIRST_SHOP
    with changing(admin) as audit:
        audit.tell(f"export {workspace}", "", f"stories since {since.isoformat() if since else 'ever'}")
    pages = admin.store.stories_of(workspace, since_ms=_ms(since) if since else 0)
    return ([story for story in page if wanted in (None, story.shop)] for page in pages)


def about(admin: Admin, subject: Subject) -> SubjectData:
    """Return all that is stored about a person, which is what an erasure would reach; raises AdminError."""
    person = person_of(admin, subject)
    found = admin.store.stored_about(person)
    given = f"{len(found.conversions)} conversions and {len(found.visits)} visits of a person, by {person.kind}"
    with changing(admin) as audit:
        audit.tell(f"export {person.workspace}", "", given)
    return found


def as_json(found: SubjectData) -> JSON:
    """Return what is stored about a person ready for JSON, as it is handed to them."""
    stored = [{"story": plain(one.story), "copies": [_copy(copy) for copy in one.copies]} for one in found.conversions]
    return {"stored": stored, "visits": [_visit(facts) for facts in found.visits]}


def _copy(copy: Copy) -> JSON:
    return {
        "channel": copy.channel,
        "source": copy.source,
        "received_ms": copy.received_ms,
        "content": msgspec.json.decode(copy.body),
    }


def _visit(facts: Facts) -> JSON:
    """Return what a visit is known by; its word on consent with the names of the purposes."""
    told = {name: value for name, value in plain(facts).items() if name != "consent"}
    if facts.consent is None:
        return told
    said = asdict(facts.consent).items()
    return {**told, "consent": {name: asdict(it) if isinstance(it, Struct) else it for name, it in said}}


def _ms(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1_000
