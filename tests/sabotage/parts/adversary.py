"""Let a browser's word on an order count like its server's: whoever refuses an order ends it."""

from twinbeam.pipeline.record import meeting
from twinbeam.pipeline.record.relation import Relation


def everybody(*_: object) -> Relation:
    """Take anybody for the order's own visit."""
    return Relation.OWN


meeting.relation_of = everybody
