"""
`/question`: a form that asks the shop something, which is a lead; and the page behind it.

The form's token is the event id of both copies: one question, however often it is sent or shown.
"""

from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from twinbeam.demo.shop_pages.orders import Customer, Question, draw_token, is_token
from twinbeam.demo.shop_pages.parts import Parts, form_of
from twinbeam.demo.shop_pages.people import fictional_customer
from twinbeam.demo.shop_pages.progress import progress_of
from twinbeam.demo.shop_pages.reports import lead_of
from twinbeam.demo.shop_pages.validation import customer_of, validation_error
from twinbeam.demo.shop_pages.visit import visit_of


async def show(shop: Parts, request: Request) -> Response:
    """Answer GET /question."""
    return _form(shop, request, fictional_customer(), draw_token())


async def ask(shop: Parts, request: Request) -> Response:
    """Answer POST /question: take it once, report it, and lead to the page that says thank you."""
    form = await form_of(request)
    token, customer = form.get("question", ""), customer_of(form)
    if not is_token(token):
        raise HTTPException(400)
    if trouble := validation_error(customer):
        return _form(shop, request, customer, token, trouble)
    visit = visit_of(form, request.headers.get("user-agent", ""))
    make = partial(Question, id=token, asked_s=shop.now_s(), customer=customer, visit=visit)
    asked, is_new = shop.questions.once(token, make)
    if is_new:
        shop.reporter.report(lead_of(asked))
    return RedirectResponse(f"/question/{token}", 303)


async def answer(shop: Parts, request: Request) -> Response:
    """Answer GET /question/{token}."""
    question = _known(shop, request)
    return shop.templates.respond(
        request,
        "question_sent.html",
        question=question,
        events=[("Lead", {}, {"event_id": question.id})],
        identity={"email": question.customer.email, "phone_number": question.customer.phone},
    )


async def status(shop: Parts, request: Request) -> Response:
    """Answer GET /question/{token}/status: what became of the lead so far."""
    told = await shop.gateway.conversion(_known(shop, request).id)
    return JSONResponse(progress_of(told), headers={"cache-control": "no-store"})


def _form(shop: Parts, request: Request, customer: Customer, token: str, trouble: str = "") -> Response:
    status = 422 if trouble else 200
    return shop.templates.respond(request, "question.html", status, customer=customer, token=token, trouble=trouble)


def _known(shop: Parts, request: Request) -> Question:
    found = shop.questions.get(request.path_params["token"])
    if found is None:
        raise HTTPException(404)
    return found
