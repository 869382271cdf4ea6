"""What somebody may see of what was rejected on arrival: of one workspace, or of all."""

from collections.abc import Sequence

from starlette.requests import Request

from twinbeam.core.rejections import RejectedEvent
from twinbeam.web.access import signed_in
from twinbeam.web.contract import RouteContext


def rejected_seen_by(request: Request, context: RouteContext) -> Sequence[RejectedEvent]:
    """Return what was rejected on arrival, as whoever makes a request may see it."""
    return rejected_within(signed_in(request).workspace, context)


def rejected_within(workspace: str, context: RouteContext) -> Sequence[RejectedEvent]:
    """Return what was rejected in one workspace, or in all for an empty name, the newest first."""
    return [one for one in context.rejected() if workspace in ("", one.workspace)]
