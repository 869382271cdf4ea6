"""Let one check find something wherever it looks."""

from msgspec.structs import replace

from twinbeam.checks.contract import Issue, PixelCheck, Weight

look = PixelCheck.issue


def alarmed(self, facts):
    """Call any volume too low."""
    found = look(self, facts)
    if self.id != "volume_too_low" or found is not None:
        return found
    return replace(Issue(self.id, Weight.IDLE, "Too few.", self.fix), count=1)


PixelCheck.issue = alarmed
