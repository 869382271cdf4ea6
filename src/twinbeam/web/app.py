"""The pages and the read API as an ASGI app: every route, and what the routes share."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from twinbeam.admin.contract import Administration
from twinbeam.admin.dead_letters import ResendTerms
from twinbeam.admin.token_check import TokenTrial
from twinbeam.core.clock import Clock
from twinbeam.core.deliveries import SourceDeliveries
from twinbeam.core.errors import TwinbeamError
from twinbeam.core.outgoing import Outgoing
from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.sending_waits import SendingWaits
from twinbeam.orders.preview import PreviewOf, ReadMapping
from twinbeam.pipeline.accept.directory import Directory
from twinbeam.web.access import Access, DeclaredRoute
from twinbeam.web.account import view as account
from twinbeam.web.accounts.routes import account_routes
from twinbeam.web.alerts import view as alerts_page
from twinbeam.web.api import conversions as conversions_api
from twinbeam.web.api import dead_letters as dead_letters_api
from twinbeam.web.api import probes
from twinbeam.web.contract import (
    NEVER_CERTAIN,
    NO_UPLOADS,
    NOTHING_TO_CONNECT,
    Connecting,
    LagView,
    OnThread,
    ReadModel,
    RouteContext,
    SignInTerms,
    Uploads,
    never,
    no_mapping,
    no_preview,
    nobody_to_ask,
    none_rejected,
    nothing_heard,
    nothing_outgoing,
    nothing_rejected,
    nothing_waits,
    unheard,
)
from twinbeam.web.conversion_detail import view as conversion_detail
from twinbeam.web.conversions import view as conversions
from twinbeam.web.dead_letters import view as dead_letters
from twinbeam.web.debugger.masks import NO_WIRE, WireRequests
from twinbeam.web.debugger.routes import debugger_routes
from twinbeam.web.documentation import view as documentation
from twinbeam.web.failures import handlers
from twinbeam.web.find import view as find
from twinbeam.web.gate import Gate
from twinbeam.web.issues import view as issues
from twinbeam.web.live import view as live
from twinbeam.web.live.snapshot_cache import SnapshotCaches
from twinbeam.web.order import view as order
from twinbeam.web.pixel.routes import pixel_routes
from twinbeam.web.pixels import flow as pixel_flow
from twinbeam.web.pixels import view as pixels
from twinbeam.web.pixels.table import alarms
from twinbeam.web.products import view as products
from twinbeam.web.reconciliation import view as reconciliation
from twinbeam.web.reconciliation import week as reconciled_week
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.restored import view as restored
from twinbeam.web.setup import view as setup
from twinbeam.web.sign_in import view as sign_in
from twinbeam.web.sign_in.door import Door
from twinbeam.web.sources import view as sources
from twinbeam.web.users import view as users
from twinbeam.web.welcome import view as welcome

_OPEN = SignInTerms()

_PIXEL = "/pixels/{workspace}/{code}"


def build(  # noqa: PLR0913 -- a parts list
    *,
    read_model: ReadModel,
    on_reader: OnThread,
    administration: Administration,
    on_store: OnThread,
    directory: Callable[[], Directory],
    clock: Clock,
    lag: Callable[[], LagView],
    pending: Callable[[str, str], Awaitable[bool]],
    metrics: Callable[[], tuple[bytes, str]],
    ready: Callable[[], list[str]],
    access_codes: Collection[int],
    emulator_url: str | None = None,
    terms: SignInTerms = _OPEN,
    closing: Callable[[], bool] = never,
    trial: TokenTrial = nobody_to_ask,
    tag_path: str = "/t",
    intake_url: str = "http://127.0.0.1:8700",
    connecting: Connecting = NOTHING_TO_CONNECT,
    heard: Callable[[], Mapping[str, SourceDeliveries]] = nothing_heard,
    rejected_counts: Callable[[], Mapping[str, Mapping[str, int]]] = none_rejected,
    preview: PreviewOf = no_preview,
    read_mapping: ReadMapping = no_mapping,
    sign_in_failed: Callable[[str], None] = unheard,
    resend_terms: ResendTerms = NEVER_CERTAIN,
    uploads: Uploads = NO_UPLOADS,
    rejected: Callable[[], Sequence[RejectedEvent]] = nothing_rejected,
    outgoing: Callable[[int], Outgoing | None] = nothing_outgoing,
    wire: WireRequests = NO_WIRE,
    sending_waits: Callable[[], SendingWaits] = nothing_waits,
    alert_networks: Sequence[str] = (),
) -> Starlette:
    """Return the app; what each argument promises is told in `contract.RouteContext`."""
    context = RouteContext(
        read_model=read_model,
        on_reader=on_reader,
        administration=administration,
        on_store=on_store,
        directory=directory,
        clock=clock,
        lag=lag,
        pending=pending,
        metrics=metrics,
        ready=ready,
        access_codes=access_codes,
        terms=terms,
        closing=closing,
        trial=trial,
        tag_path=tag_path,
        intake_url=intake_url,
        connecting=connecting,
        heard=heard,
        rejected_counts=rejected_counts,
        preview=preview,
        read_mapping=read_mapping,
        sign_in_failed=sign_in_failed,
        resend_terms=resend_terms,
        uploads=uploads,
        rejected=rejected,
        outgoing=outgoing,
        wire=wire,
        sending_waits=sending_waits,
        alert_networks=alert_networks,
    )
    renderer, gate = PageRenderer(emulator_url), Gate(context)
    routes = list(_routes(context, renderer, gate))
    renderer.served = {route.path for route in routes}
    app = Starlette(routes=routes, exception_handlers=handlers(renderer))
    app.state.gate = gate
    app.router.default = partial(_nowhere, gate)
    return app


async def _nowhere(gate: Gate, scope: Scope, receive: Receive, _send: Send) -> None:
    """Answer what no route answers: the page around it shows who is signed in."""
    with suppress(TwinbeamError):
        await gate.meet(Request(scope, receive))
    raise HTTPException(404)


def _routes(context: RouteContext, renderer: PageRenderer, gate: Gate) -> list[Route]:
    door = Door(context)
    caches = SnapshotCaches(
        context,
        render=partial(live.part, renderer),
        look=partial(alarms, access_codes=context.access_codes),
    )
    return [
        DeclaredRoute("/", partial(live.show, renderer, caches), needs=Access.VIEWER),
        DeclaredRoute("/live", partial(live.stream, caches, context.closing, gate.still), needs=Access.VIEWER),
        DeclaredRoute("/pixels", partial(pixels.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute("/issues", partial(issues.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute("/issues/mute", partial(issues.mute, renderer, context), needs=Access.MEMBER, methods=("POST",)),
        DeclaredRoute("/pixels/{code}", partial(pixels.find, context), needs=Access.VIEWER),
        DeclaredRoute(_PIXEL, partial(pixels.show_one, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(
            f"{_PIXEL}/stop", partial(pixels.stop, renderer, context), needs=Access.MEMBER, methods=("POST",)
        ),
        DeclaredRoute(
            f"{_PIXEL}/start", partial(pixels.start, renderer, context), needs=Access.MEMBER, methods=("POST",)
        ),
        DeclaredRoute(
            f"{_PIXEL}/limits", partial(pixels.limit, renderer, context), needs=Access.MEMBER, methods=("POST",)
        ),
        DeclaredRoute(f"{_PIXEL}/flow", partial(pixel_flow.turn, context), needs=Access.MEMBER, methods=("POST",)),
        DeclaredRoute(
            f"{_PIXEL}/profile", partial(pixels.save_profile, renderer, context), needs=Access.MEMBER, methods=("POST",)
        ),
        *pixel_routes(context, renderer),
        DeclaredRoute("/setup", partial(setup.begin, renderer, context), needs=Access.MEMBER, methods=("GET", "POST")),
        DeclaredRoute(
            "/setup/{workspace}/{code}",
            partial(setup.show, renderer, context),
            needs=Access.MEMBER,
            methods=("GET", "POST"),
        ),
        DeclaredRoute(
            "/setup/{workspace}/{code}/live",
            partial(setup.stream, renderer, context, gate.still),
            needs=Access.MEMBER,
        ),
        *account_routes(context, renderer),
        *debugger_routes(context, renderer, gate.still),
        DeclaredRoute("/conversions", partial(conversions.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(
            "/dead-letters",
            partial(dead_letters.show, renderer, context),
            needs=Access.MEMBER,
            methods=("GET", "POST"),
        ),
        DeclaredRoute(
            "/restored", partial(restored.show, renderer, context), needs=Access.OWNER, methods=("GET", "POST")
        ),
        DeclaredRoute(
            "/alerts", partial(alerts_page.show, renderer, context), needs=Access.MEMBER, methods=("GET", "POST")
        ),
        DeclaredRoute("/orders/{workspace}/{number:path}", partial(order.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute("/reconciliation", partial(reconciliation.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(
            "/sources", partial(sources.show_list, renderer, context), needs=Access.MEMBER, methods=("GET", "POST")
        ),
        DeclaredRoute(
            "/sources/{source}", partial(sources.show, renderer, context), needs=Access.MEMBER, methods=("GET", "POST")
        ),
        DeclaredRoute(
            "/sources/{source}/live", partial(sources.stream, renderer, context, gate.still), needs=Access.MEMBER
        ),
        DeclaredRoute("/reconciliation/csv", partial(reconciliation.as_file, context), needs=Access.VIEWER),
        DeclaredRoute("/reconciliation/week", partial(reconciled_week.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(
            "/reconciliation/week/{monday}", partial(reconciled_week.show, renderer, context), needs=Access.VIEWER
        ),
        DeclaredRoute(
            "/reconciliation/send",
            partial(reconciliation.send, renderer, context),
            needs=Access.MEMBER,
            methods=("POST",),
        ),
        DeclaredRoute("/products", partial(products.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(
            "/products/address", partial(products.change, renderer, context), needs=Access.MEMBER, methods=("POST",)
        ),
        DeclaredRoute(
            "/products/upload", partial(products.upload, renderer, context), needs=Access.MEMBER, methods=("POST",)
        ),
        DeclaredRoute("/events/{id:int}", partial(conversion_detail.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute("/find", partial(find.show, renderer, context), needs=Access.VIEWER, methods=("GET", "POST")),
        DeclaredRoute("/sign-in", partial(sign_in.show, renderer, door), needs=Access.ANYONE, methods=("GET", "POST")),
        DeclaredRoute("/sign-in/provider", partial(sign_in.begin, renderer, door), needs=Access.ANYONE),
        DeclaredRoute("/sign-in/callback", partial(sign_in.come_back, renderer, door), needs=Access.ANYONE),
        DeclaredRoute("/sign-out", partial(sign_in.leave, door), needs=Access.VIEWER, methods=("POST",)),
        DeclaredRoute(
            "/welcome/{token}", partial(welcome.show, renderer, door), needs=Access.ANYONE, methods=("GET", "POST")
        ),
        DeclaredRoute("/account", partial(account.show, renderer, door), needs=Access.VIEWER, methods=("GET", "POST")),
        DeclaredRoute("/users", partial(users.show, renderer, context), needs=Access.OWNER, methods=("GET", "POST")),
        DeclaredRoute("/v1/conversions", partial(conversions_api.tell, context), needs=Access.READ_KEY),
        DeclaredRoute("/v1/dead-letters", partial(dead_letters_api.show, context), needs=Access.READ_KEY),
        DeclaredRoute("/v1/dead-letters/preview", partial(dead_letters_api.preview, context), needs=Access.READ_KEY),
        DeclaredRoute(
            "/v1/dead-letters/resend",
            partial(dead_letters_api.resend, context),
            needs=Access.OPERATE_KEY,
            methods=("POST",),
        ),
        DeclaredRoute("/v1/resends", partial(dead_letters_api.resends, context), needs=Access.READ_KEY),
        DeclaredRoute("/help/{page:path}", partial(documentation.show, renderer, context), needs=Access.ANYONE),
        DeclaredRoute("/healthz", partial(probes.health, context), needs=Access.ANYONE),
        DeclaredRoute("/readyz", partial(probes.readiness, context), needs=Access.MONITOR),
        DeclaredRoute("/metrics", partial(probes.metrics, context), needs=Access.MONITOR),
        DeclaredRoute("/static/{name}", renderer.asset, needs=Access.ANYONE),
    ]
