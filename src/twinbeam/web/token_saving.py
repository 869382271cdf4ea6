"""How pages save a token: TikTok is asked first, by the function that the command calls as well."""

from starlette.requests import Request

from twinbeam.admin import token_check
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.errors import Conflict
from twinbeam.web.access import signed_in
from twinbeam.web.contract import RouteContext


async def save_token(
    context: RouteContext,
    request: Request,
    place: tuple[str, str],
    token: str,
    *,
    force: bool = False,
    test_code: str = "",
) -> None:
    """Have a token tried and save it; raises AdminError, also where the one that is there stays."""
    admin = Admin(context.administration, Actor(signed_in(request).name), context.clock)
    outcome = await token_check.try_and_save(
        admin, context.on_store, context.trial, place, token, force=force, test_code=test_code
    )
    if not outcome.saved:
        raise Conflict(outcome.refusal)
