"""The routes of connecting and of accounts, with what each needs."""

from functools import partial

from twinbeam.web.access import Access, DeclaredRoute
from twinbeam.web.accounts import changes, view
from twinbeam.web.connect import view as connect
from twinbeam.web.contract import RouteContext
from twinbeam.web.rendering import PageRenderer

_PIXEL = "/accounts/{id}/pixels/{code}"


def account_routes(context: RouteContext, renderer: PageRenderer) -> list[DeclaredRoute]:
    """Return the routes: owners connect and choose, members import and save tokens, viewers look."""
    parts = (renderer, context)
    return [
        DeclaredRoute(connect.PATH, partial(connect.show, *parts), needs=Access.OWNER, methods=("GET", "POST")),
        DeclaredRoute(connect.START, partial(connect.start, *parts), needs=Access.OWNER),
        DeclaredRoute(connect.CALLBACK, partial(connect.finish, *parts), needs=Access.OWNER),
        DeclaredRoute("/accounts", partial(view.show_all, *parts), needs=Access.VIEWER),
        DeclaredRoute("/accounts/{id}", partial(view.show_one, *parts), needs=Access.VIEWER),
        DeclaredRoute("/accounts/{id}/choose", partial(changes.choose, *parts), needs=Access.OWNER, methods=_BOTH),
        DeclaredRoute("/accounts/{id}/import", partial(changes.import_now, *parts), needs=Access.MEMBER, methods=_POST),
        DeclaredRoute("/accounts/{id}/disconnect", partial(changes.end, *parts), needs=Access.OWNER, methods=_POST),
        DeclaredRoute(_PIXEL, partial(view.show_pixel, *parts), needs=Access.VIEWER),
        DeclaredRoute(f"{_PIXEL}/token", partial(changes.save_token, *parts), needs=Access.MEMBER, methods=_POST),
        DeclaredRoute(f"{_PIXEL}/profile", partial(changes.save_profile, *parts), needs=Access.MEMBER, methods=_POST),
    ]


_BOTH = ("GET", "POST")
_POST = ("POST",)
