"""What every page of the shop may use, and how it reads a form."""

from urllib.parse import parse_qsl

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request

from twinbeam.core.clock import MS_PER_SECOND, Clock
from twinbeam.demo.shop_pages.config import ShopConfig
from twinbeam.demo.shop_pages.gateway import Gateway
from twinbeam.demo.shop_pages.orders import Order, Question, Register
from twinbeam.demo.shop_pages.rendering import Templates
from twinbeam.demo.shop_pages.reports import Reporter

_MOST_FORM_BYTES = 64 * 1024
_MOST_FIELDS = 40


class Parts(Struct, frozen=True):
    """The shop behind its pages."""

    config: ShopConfig
    templates: Templates
    orders: Register[Order]
    questions: Register[Question]
    reporter: Reporter
    gateway: Gateway
    clock: Clock

    def now_s(self) -> int:
        """Seconds since the epoch."""
        return self.clock.now_ms() // MS_PER_SECOND


async def form_of(request: Request) -> dict[str, str]:
    """Read a form of ours; one of another site, one too long or one that is none is refused."""
    if request.headers.get("sec-fetch-site") == "cross-site" or not _is_from_here(request):
        raise HTTPException(403)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_FORM_BYTES:
            raise HTTPException(413)
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise HTTPException(400) from error


def _is_from_here(request: Request) -> bool:
    """Return whether no other origin is said to have sent a form: another port of one host counts as the same site."""
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")
