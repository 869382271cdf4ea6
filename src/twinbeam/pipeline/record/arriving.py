"""An arrival as it meets its conversion: with its final word on permission, and what ties the two together."""

from msgspec import Struct

from twinbeam.core.values import Signal
from twinbeam.pipeline.record.conversion import BELIEVED
from twinbeam.pipeline.record.effective_consent import EffectiveConsent
from twinbeam.pipeline.record.relation import Relation


class Arriving(Struct, frozen=True, gc=False):
    """What the steps of the record room are told of an arrival."""

    signal: Signal
    arrival: bytes  #: its unique id, which orders ties
    effective: EffectiveConsent
    relation: Relation
    visitor: bytes  #: the visit it names; empty where it names none
    other_visitor: bytes = b""  #: a second visit that it names, known apart from the first
    believed: bool = False  #: a browser's refusal, or its word that TikTok's own script has sent it, is within limits

    @property
    def belief(self) -> int:
        """The evidence that a believed claim adds."""
        return BELIEVED * self.believed
