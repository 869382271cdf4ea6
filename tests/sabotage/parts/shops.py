"""Let all shops of a workspace share their numbers."""

from twinbeam.core import keys, values
from twinbeam.pipeline.identity import event_ids


def _of_the_workspace(workspace: str, _shop: str) -> str:
    return workspace


def _unnamed(_shop: str, derived: str) -> str:
    return derived


keys.scope_of = values.scope_of = _of_the_workspace
event_ids.within = _unnamed
