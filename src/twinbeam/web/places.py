"""How pixels are named on a page."""

from collections.abc import Sequence

from msgspec import Struct

from twinbeam.core.story import PixelRow, Story
from twinbeam.web.sums import Row


class Places(Struct, frozen=True):
    """The names of all pixels."""

    names: dict[tuple[str, str], str]  #: by workspace and code
    several_workspaces: bool

    def name(self, of: Story | Row) -> str:
        """Return the name of something's pixel, or its code where it has none."""
        return self.names.get((of.workspace, of.pixel)) or of.pixel


def places(pixels: Sequence[PixelRow]) -> Places:
    """Return how pixels are named, and whether that needs their workspaces."""
    names = {(pixel.workspace, pixel.code): pixel.name for pixel in pixels}
    return Places(names, len({pixel.workspace for pixel in pixels}) > 1)
