"""What a mapping makes of a sample body, for its writer to look at before it counts. Nothing of it is stored."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct


class Preview(Struct, frozen=True):
    """One body, read by a mapping that nobody has saved yet."""

    problem: str = ""  #: why the mapping, or the body by it, cannot be read; then nothing else is told
    understood: Sequence[tuple[str, str]] = ()  #: fields of the order and of its event with their values
    missing: Sequence[tuple[str, str]] = ()  #: fields that the mapping names and the body does not hold, and where
    advised: Sequence[tuple[str, str]] = ()  #: fields that the mapping does not name, and what they are for
    fields: int = 0  #: of the mapping


ReadMapping = Callable[[str], Mapping[str, str] | str]
"""Read the text of a mapping, or say why it cannot be read."""

PreviewOf = Callable[[str, bytes, int], Preview]
"""Read a body by the text of a mapping, as if it came at a moment in ms."""
