"""
The recipes: for each model of business its pages, what a visitor does there, and what TikTok gets of it.

The snippets lie beside this file. The documentation shows them, the demo's sites hold them, and a browser tries each
of them: all three read this table.
"""

from pathlib import Path
from typing import Any

from msgspec import Struct

SNIPPETS = Path(__file__).with_name("snippets")

Step = tuple[str, ...]
"""What a visitor does: `click` or `see` and a selector, `type`, a selector and a text, or `message` and its JSON."""

EMAIL, PHONE = "ada@example.com", "+49 1511 2345678"


class Recipe(Struct, frozen=True):
    """One page of a model, with the event that it reports."""

    name: str  #: of its file and address
    title: str
    says: str  #: one sentence about when the event is reported
    event: str  #: TikTok's name
    properties: dict[str, Any] = {}  #: what TikTok gets
    steps: tuple[Step, ...] = ()  #: what the visitor does once the page is there
    identifiers: tuple[str, ...] = ()  #: what the form permits to be read


class Model(Struct, frozen=True):
    """One model of business."""

    name: str
    title: str
    site: str  #: what the demo's site of this model is called
    says: str
    recipes: tuple[Recipe, ...]


def html_of(model: Model, recipe: Recipe) -> str:
    """Return the lines that a page needs."""
    return (SNIPPETS / model.name / f"{recipe.name}.html").read_text()


def _product(content_id: str, name: str, **more: Any) -> dict[str, Any]:
    return {"content_id": content_id, "content_name": name, "content_type": "product", **more}


def _lamps(value: float, quantity: int = 2, **more: Any) -> dict[str, Any]:
    line = {"content_id": "lamp-arc", "content_name": "Arc lamp", "price": 89.9, "quantity": quantity}
    return {"contents": [line], "content_type": "product", "value": value, "currency": "EUR", **more}


def _plan(content_id: str, name: str, value: int) -> dict[str, Any]:
    line = {"content_id": content_id, "content_name": name, "price": value, "quantity": 1}
    return {"contents": [line], "content_type": "product", "value": value, "currency": "EUR"}


_SEND_EMAIL: tuple[Step, ...] = (("type", "[type=email]", EMAIL), ("click", "form button"))
_SEND_PHONE: tuple[Step, ...] = (("type", "[type=tel]", PHONE), ("click", "form button"))
_MEETING = '{"event": "calendly.event_scheduled", "payload": {"event": {"uri": "https://api.calendly.com/scheduled_events/M7"}}}'

SHOP = Model(
    "shop",
    "E-commerce",
    "Lamp Street Online",
    "Shops whose pages tell Google Analytics 4 in the `dataLayer` already: nothing has to be added.",
    (
        Recipe(
            "page", "Any page", "TikTok's script reports the page itself; `page_view` adds no second one.", "Pageview"
        ),
        Recipe("product", "Product page", "When the page is shown.", "ViewContent", _lamps(89.9, 1)),
        Recipe("cart", "Cart", "When the button is pressed.", "AddToCart", _lamps(179.8), (("click", "#add"),)),
        Recipe(
            "checkout",
            "Checkout",
            "When it begins; here by `gtag`.",
            "InitiateCheckout",
            _lamps(179.8, coupon="AUTUMN"),
        ),
        Recipe("payment", "Payment info", "When the way to pay was chosen.", "AddPaymentInfo", _lamps(179.8)),
        Recipe(
            "purchase",
            "Purchase",
            "On the thank-you page; `transaction_id` is the order id, so the server's copy bears the same event id.",
            "Purchase",
            _lamps(184.7, order_id="R-1001", coupon="AUTUMN"),
        ),
    ),
)

LEADS = Model(
    "leads",
    "Lead generation and B2B",
    "Roof & Sons",
    "Sites that want to hear from people, and sell to them later.",
    (
        Recipe(
            "service", "Service page", "When the page is shown.", "ViewContent", _product("roof-repair", "Roof repair")
        ),
        Recipe(
            "pricing",
            "Pricing page",
            "When half of the table is seen.",
            "ViewContent",
            _product("pricing", "Prices"),
            (("see", "table"),),
        ),
        Recipe(
            "form-start",
            "Form start",
            "When the first field is filled in, under a name of your own: TikTok has none for it.",
            "FormStart",
            {"description": "quote"},
            (("type", "[name=company]", "Analytical Engines"),),
        ),
        Recipe(
            "form-submit",
            "Form submit",
            "When the form leaves; `data-twinbeam-identify` permits its e-mail address and phone number to be read.",
            "Lead",
            {"description": "quote", "value": 120, "currency": "EUR"},
            (("type", "[type=tel]", PHONE), *_SEND_EMAIL),
            ("email", "phone"),
        ),
        Recipe(
            "meeting",
            "Booked meeting",
            "When the calendar in the page says so; its own id of the meeting is the event's.",
            "Schedule",
            {},
            (("message", _MEETING),),
        ),
        Recipe(
            "newsletter",
            "Newsletter",
            "When the form leaves.",
            "Subscribe",
            {"description": "newsletter"},
            _SEND_EMAIL,
            ("email",),
        ),
        Recipe("call", "Call", "When the number is clicked.", "Contact", {"content_name": "tel"}, (("click", "a"),)),
    ),
)

SAAS = Model(
    "saas",
    "Software as a service",
    "Time Sheets",
    "From the landing page to a paid subscription.",
    (
        Recipe(
            "landing",
            "Landing page",
            "When the page is shown.",
            "ViewContent",
            _product("landing", "Time sheets for teams"),
        ),
        Recipe("sign-up", "Sign-up", "On the page behind the form.", "CompleteRegistration"),
        Recipe("trial", "Trial start", "When the trial runs.", "StartTrial", _plan("plan-team", "Team", 49)),
        Recipe(
            "demo-request",
            "Demo request",
            "When the form leaves.",
            "Lead",
            {"description": "demo request"},
            _SEND_EMAIL,
            ("email",),
        ),
        Recipe(
            "subscription",
            "Subscription",
            "On the page that confirms the first payment.",
            "Subscribe",
            _plan("plan-team-year", "Team, a year", 588),
        ),
    ),
)

LOCAL = Model(
    "local",
    "Local service",
    "Salon Ada",
    "A business that people call, write to and come to.",
    (
        Recipe(
            "contact",
            "Contact",
            "When the address is clicked; the address itself is not sent.",
            "Contact",
            {"content_name": "mailto"},
            (("click", "a"),),
        ),
        Recipe(
            "call",
            "Call",
            "When the number is clicked; the number itself is not sent.",
            "Contact",
            {"content_name": "tel"},
            (("click", "a"),),
        ),
        Recipe(
            "booking",
            "Booking form",
            "When the form leaves.",
            "Schedule",
            {"content_id": "haircut", "value": 35, "currency": "EUR"},
            (("type", "[type=date]", "2027-01-08"), *_SEND_PHONE),
            ("phone",),
        ),
        Recipe(
            "appointment",
            "Appointment request",
            "When the form leaves.",
            "Lead",
            {"description": "appointment"},
            _SEND_PHONE,
            ("phone",),
        ),
        Recipe(
            "route",
            "Route",
            "When the way is asked for; the page with the map may say the same with `load`.",
            "FindLocation",
            {"content_name": "Lamp Street"},
            (("click", "a"),),
        ),
    ),
)

EDUCATION = Model(
    "education",
    "Education",
    "Dutch School",
    "Courses, applications and brochures.",
    (
        Recipe(
            "course",
            "Course page",
            "When the page is shown.",
            "ViewContent",
            _product("course-dutch-a1", "Dutch for beginners", value=320, currency="EUR"),
        ),
        Recipe(
            "application-start",
            "Application start",
            "When the first field is filled in, under a name of your own: TikTok has none for it.",
            "ApplicationStart",
            {"content_id": "course-dutch-a1"},
            (("type", "[name=name]", "Ada"),),
        ),
        Recipe(
            "application-submit",
            "Application submit",
            "When the form leaves.",
            "SubmitApplication",
            {"content_id": "course-dutch-a1"},
            _SEND_EMAIL,
            ("email",),
        ),
        Recipe(
            "brochure",
            "Brochure download",
            "When the link is clicked: it ends in the name of a file, or has `download`.",
            "Download",
            {"content_name": "dutch-a1.pdf"},
            (("click", "a"),),
        ),
    ),
)

CONTENT = Model(
    "content",
    "Content",
    "The Lamp Reader",
    "Magazines and blogs that live from readers who come back.",
    (
        Recipe(
            "article",
            "Article",
            "When half of it, or half a screen of it, is seen.",
            "ViewContent",
            _product("how-lamps-age", "How lamps age"),
            (("see", "article"),),
        ),
        Recipe(
            "newsletter",
            "Newsletter",
            "When the form leaves.",
            "Subscribe",
            {"description": "newsletter"},
            _SEND_EMAIL,
            ("email",),
        ),
        Recipe(
            "download",
            "Download",
            "When the button is pressed.",
            "Download",
            {"content_id": "checklist", "content_name": "Checklist"},
            (("click", "button"),),
        ),
        Recipe(
            "registration", "Registration", "When the form leaves.", "CompleteRegistration", {}, _SEND_EMAIL, ("email",)
        ),
    ),
)

MODELS = (SHOP, LEADS, SAAS, LOCAL, EDUCATION, CONTENT)
