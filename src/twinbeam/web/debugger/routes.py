"""The routes of the debugger."""

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request

from twinbeam.web.access import Access, DeclaredRoute
from twinbeam.web.contract import RouteContext
from twinbeam.web.debugger import view
from twinbeam.web.debugger.asked import PATH
from twinbeam.web.debugger.newest import NewestOfWorkspaces
from twinbeam.web.debugger.stream import stream
from twinbeam.web.rendering import PageRenderer


def debugger_routes(
    context: RouteContext, renderer: PageRenderer, still: Callable[[Request], Awaitable[bool]]
) -> list[DeclaredRoute]:
    """Return the debugger's routes."""
    newest, render = NewestOfWorkspaces(context), partial(view.render_rows, renderer)
    return [
        DeclaredRoute(PATH, partial(view.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(f"{PATH}/live", partial(stream, render, context, newest, still), needs=Access.VIEWER),
        DeclaredRoute(
            f"{PATH}/tests", partial(view.change_session, renderer, context), needs=Access.MEMBER, methods=("POST",)
        ),
        DeclaredRoute(f"{PATH}/{{key}}", partial(view.show_one, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(
            f"{PATH}/{{key}}/hashes",
            partial(view.show_hashes, renderer, context),
            needs=Access.OWNER,
            methods=("POST",),
        ),
    ]
