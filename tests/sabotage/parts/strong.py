"""Break what an order's own visit is worth: whoever names an order belongs to it."""

from twinbeam.pipeline.record import fold, joining, meeting
from twinbeam.pipeline.record.relation import Relation


def everybody(*_: object) -> Relation:
    """Take anybody for the order's own visit."""
    return Relation.OWN


for module in (fold, joining, meeting):
    module.relation_of = everybody
