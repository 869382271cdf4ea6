"""The gateway gives its events ids of its own, other than those that the page's script fired under."""

from twinbeam.pipeline.identity import event_ids


def _own(_shop: str, derived: str) -> str:
    return f"own-{derived}"


event_ids.within = _own
