"""The shop as an ASGI app: every address, and the parts behind it."""

from functools import partial

import aiohttp
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from twinbeam.core.clock import Clock
from twinbeam.demo.shop_pages.config import ShopConfig
from twinbeam.demo.shop_pages.gateway import Gateway
from twinbeam.demo.shop_pages.orders import Register
from twinbeam.demo.shop_pages.pages import cart, checkout, product, products, question, sites, thank_you
from twinbeam.demo.shop_pages.parts import Parts
from twinbeam.demo.shop_pages.rendering import HERE, Templates
from twinbeam.demo.shop_pages.reports import Reporter

_SAID = {
    400: "That form is not one of ours.",
    403: "That form came from another site.",
    404: "There is no such page, or it is another browser's.",
    405: "That cannot be done here.",
    413: "That is more than the form can hold.",
}


def build(config: ShopConfig, session: aiohttp.ClientSession, clock: Clock) -> Starlette:
    """Put the shop together."""
    shop = Parts(
        config=config,
        templates=Templates(config),
        orders=Register(),
        questions=Register(),
        reporter=Reporter(config, session),
        gateway=Gateway(config, session),
        clock=clock,
    )
    return Starlette(routes=_routes(shop), exception_handlers={HTTPException: partial(_sorry, shop)})


def _routes(shop: Parts) -> list[BaseRoute]:
    return [
        Route("/", partial(products.show, shop)),
        Route("/lamps/{id}", partial(product.show, shop)),
        Route("/cart", partial(cart.show, shop)),
        Route("/cart", partial(cart.change, shop), methods=["POST"]),
        Route("/checkout", partial(checkout.show, shop)),
        Route("/order", partial(checkout.order, shop), methods=["POST"]),
        Route("/thank-you/{order}", partial(thank_you.show, shop)),
        Route("/thank-you/{order}/status", partial(thank_you.status, shop)),
        Route("/question", partial(question.show, shop)),
        Route("/question", partial(question.ask, shop), methods=["POST"]),
        Route("/question/{token}", partial(question.answer, shop)),
        Route("/question/{token}/status", partial(question.status, shop)),
        Route("/sites", partial(sites.all_of_them, shop)),
        Route("/sites/{model}", partial(sites.home, shop)),
        Route("/sites/{model}/{page}", partial(sites.recipe, shop)),
        Route("/thanks", partial(sites.thanks, shop), methods=["GET", "POST"]),
        Route("/qualified", partial(sites.qualified, shop), methods=["POST"]),
        Route("/map", partial(sites.map_of, shop)),
        Route("/files/dutch-a1.pdf", sites.brochure),
        Route("/t.js", shop.gateway.hand_on),
        Route("/t/{rest:path}", shop.gateway.hand_on, methods=["GET", "POST", "OPTIONS"]),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]


async def _sorry(shop: Parts, request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return shop.templates.respond(request, "sorry.html", status, said=_SAID.get(status, "Something went wrong."))
