"""What is told to a person who asks what is stored about them; the same from every engine."""

from msgspec import Struct

from twinbeam.core.story import Story
from twinbeam.core.values import Facts
from twinbeam.pipeline.record.conversion import Copy


class Stored(Struct, frozen=True):
    """One conversion of a person: its story, and the copies that are still kept."""

    story: Story
    copies: list[Copy]


class About(Struct, frozen=True):
    """All that is stored about a person: what an erasure at that moment would reach."""

    conversions: list[Stored]
    visits: list[Facts]  #: what is still kept of each: click and browser keys, page, consent
