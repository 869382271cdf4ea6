"""What operators decided about pixels and workspaces, as the writer's rooms ask for it, kept in step."""

from collections.abc import Mapping

from twinbeam.core.rules import DEFAULT_WORKSPACE
from twinbeam.core.story import Flow
from twinbeam.pipeline.accept.directory import Directory
from twinbeam.pipeline.record.policy import DEFAULT_TERMS, Terms


class LiveRules:
    """The terms of each pixel; replaced as a whole, so that the store's thread may read while they change."""

    def __init__(self) -> None:
        self._terms: dict[tuple[str, str], Terms] = {}
        self._flows: Mapping[tuple[str, str], Flow] = {}
        self._keep_days: dict[str, int] = {}
        self._keep_orders_days: dict[str, int] = {}

    def __call__(self, workspace: str, pixel: str) -> Terms:
        """Return the terms of a pixel; one that nobody set up has the defaults."""
        return self._terms.get((workspace, pixel), DEFAULT_TERMS)

    def keep_days_of(self, workspace: str) -> int:
        """Return how many days a workspace keeps what is about persons."""
        return self._keep_days.get(workspace, DEFAULT_WORKSPACE.keep_days)

    def keep_orders_days_of(self, workspace: str) -> int:
        """Return how many days a workspace keeps an order after it last changed."""
        return self._keep_orders_days.get(workspace, DEFAULT_WORKSPACE.keep_orders_days)

    def update(self, directory: Directory, flows: Mapping[tuple[str, str], Flow] | None = None) -> None:
        """Take the terms from a directory, and which pixels are paused or drained where that is told anew."""
        self._flows = self._flows if flows is None else flows
        pixels = {(entry.workspace, entry.code): entry for entry in directory.pixels.values()}
        self._terms = {
            place: Terms(entry.rules, entry.stopped, self._flows.get(place)) for place, entry in pixels.items()
        }
        self._keep_orders_days = {name: rules.keep_orders_days for name, rules in directory.workspaces.items()}
        self._keep_days = {name: rules.keep_days for name, rules in directory.workspaces.items()}
