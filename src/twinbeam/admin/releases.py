"""Releases: an order that is held because its number was used before is sent after all."""

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import NotFound
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.pipeline.identity.event_ids import safe_id
from twinbeam.pipeline.identity.order_ids import one_spelling


def release(admin: Admin, workspace: str, order_id: str) -> list[str]:
    """Let a running gateway send what is held of an order; returns the event ids. Raises NotFound."""
    order = one_spelling(safe_id(order_id)) if order_id else ""
    with changing(admin) as audit:
        known_workspace(admin, workspace)
        found = admin.store.ask_release(workspace=workspace, order_id=order, now_ms=audit.at_ms)
        if not found:
            told = f"twinbeam find --order-id {order_id}"
            raise NotFound(f"No order {order_id} is held because its number was used before; look it up: {told}")
        for held in found:
            audit.tell(f"conversion {held.id} ({workspace}, event_id {held.event_id})", "held", "released")
    return [held.event_id for held in found]
