"""The terms of every pixel, as the record room asks for them, kept in step with what operators set up."""

from twinbeam.core.values import KeyKind
from twinbeam.pipeline.accept.directory import Directory
from twinbeam.pipeline.record.policy import DEFAULT_TERMS, Terms


class LiveTerms:
    """Terms by workspace and pixel; replaced as a whole, so the store's thread may read while they change."""

    def __init__(self) -> None:
        self._terms: dict[tuple[str, str], Terms] = {}

    def __call__(self, workspace: str, pixel: str) -> Terms:
        """Give the terms of a pixel; one that nobody set up has the defaults."""
        return self._terms.get((workspace, pixel), DEFAULT_TERMS)

    def update(self, directory: Directory) -> None:
        """Take the terms from a directory."""
        served = {
            (key.workspace, route.pixel)
            for key in directory.keys.values()
            if key.kind is KeyKind.SERVER
            for route in key.routes
        }
        self._terms = {
            (entry.workspace, entry.code): Terms(entry.rules, (entry.workspace, entry.code) in served)
            for entry in directory.pixels.values()
        }
