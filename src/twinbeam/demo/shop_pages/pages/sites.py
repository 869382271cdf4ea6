"""
`/sites`: six small sites, one for each model of business, whose pages are the recipes of the documentation.

A page holds the recipe's lines as they stand there and reports by nothing else; what its forms send is kept nowhere.
"""

import json

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.demo.shop_pages.parts import Parts, form_of
from twinbeam.demo.sites.recipes import MODELS, Model, Recipe, html_of

_MOST_CHARS = 2_000  #: of a field that the tag filled in; a consent receipt is the longest
_FIELDS = ("event_id", "visitor_id", "consent_receipt")
#: The smallest PDF that viewers open: one page without anything on it.
_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj
trailer<</Root 1 0 R>>
"""


async def all_of_them(shop: Parts, request: Request) -> Response:
    """Answer GET /sites."""
    return shop.templates.respond(request, "sites.html", models=MODELS)


async def home(shop: Parts, request: Request) -> Response:
    """Answer GET /sites/{model}."""
    return shop.templates.respond(request, "site.html", model=_model(request))


async def recipe(shop: Parts, request: Request) -> Response:
    """Answer GET /sites/{model}/{page}: one recipe, and what TikTok gets of it."""
    model = _model(request)
    found = next((each for each in model.recipes if each.name == request.path_params["page"]), None)
    if found is None:
        raise HTTPException(404)
    if found.event == "Purchase":
        shop.reporter.report(_paid(shop, found))
    said = json.dumps(found.properties, indent=2) if found.properties else ""
    return shop.templates.respond(
        request, "recipe.html", model=model, recipe=found, snippet=html_of(model, found), said=said
    )


async def thanks(shop: Parts, request: Request) -> Response:
    """Answer /thanks: the page behind every form, with the lead's id where the form had room for it."""
    form = await form_of(request) if request.method == "POST" else {}
    lead = {field: form.get(f"twinbeam_{field}", "")[:_MOST_CHARS] for field in _FIELDS}
    return shop.templates.respond(request, "thanks.html", lead=lead if lead["event_id"] else None)


async def qualified(shop: Parts, request: Request) -> Response:
    """Answer POST /qualified: what the sales team says of a lead days later, in the visit that the lead came from."""
    form = await form_of(request)
    lead = {field: form.get(field, "")[:_MOST_CHARS] for field in _FIELDS}
    if not lead["event_id"]:
        raise HTTPException(400)
    visit = {field: lead[field] for field in _FIELDS[1:] if lead[field]}
    shop.reporter.report(
        {"event": "QualifiedLead", "event_id": f"qualified-{lead['event_id']}", "event_time": shop.now_s(), **visit}
    )
    return RedirectResponse("/sites/leads", 303)


async def map_of(shop: Parts, request: Request) -> Response:
    """Answer GET /map."""
    return shop.templates.respond(request, "map.html")


async def brochure(_request: Request) -> Response:
    """Answer GET /files/dutch-a1.pdf."""
    return Response(_PDF, media_type="application/pdf")


def _model(request: Request) -> Model:
    found = next((each for each in MODELS if each.name == request.path_params["model"]), None)
    if found is None:
        raise HTTPException(404)
    return found


def _paid(shop: Parts, bought: Recipe) -> dict[str, object]:
    """Return what the site's server says of the order: without a visit, it confirms the browser's word and no more."""
    return {
        "event": bought.event,
        "event_time": shop.now_s(),
        "order_id": bought.properties["order_id"],
        "properties": {name: value for name, value in bought.properties.items() if name in {"value", "currency"}},
    }
