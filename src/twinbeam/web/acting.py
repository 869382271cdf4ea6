"""How a page changes things: by a function of `admin/`, on the store's own thread, in the name of who is signed in."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from starlette.requests import Request

from twinbeam.admin.contract import Actor, Admin
from twinbeam.web.access import signed_in
from twinbeam.web.contract import RouteContext

T = TypeVar("T")


async def act(context: RouteContext, request: Request, do: Callable[[Admin], T]) -> T:
    """Return what a function of `admin/` gives to whoever makes a request; raises what it raises, AdminError too."""
    return await act_as(context, signed_in(request).name, do)


async def act_as(context: RouteContext, name: str, do: Callable[[Admin], T]) -> T:
    """Do the same in the name of somebody who is about to sign in."""
    return await context.on_store(partial(do, Admin(context.administration, Actor(name), context.clock)))
