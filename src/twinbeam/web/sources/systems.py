"""What to do in each shop system, step by step, and what of it a source's rules decide. Pure."""

from collections.abc import Mapping, Sequence

from msgspec import Struct


class Instruction(Struct, frozen=True):
    """One thing to do in the shop system."""

    what: str
    topics: Sequence[tuple[str, str]] = ()  #: to subscribe to, and what each is for
    code: str = ""


class System(Struct, frozen=True):
    """A kind of source."""

    name: str
    secret: str  #: where its secret comes from
    draws: bool  #: the gateway may draw the secret; else the system shows it
    steps: Sequence[Instruction]
    rules: Sequence[str]  #: of SourceRules, that mean something for it
    guide: str  #: its how-to


_KINDS = ("draft", "point_of_sale", "marketplace", "agent", "renewal")

SYSTEMS: Mapping[str, System] = {
    "shopify": System(
        "Shopify",
        "Shopify shows it: the key below the list of webhooks, or the client secret of your app.",
        False,
        (
            Instruction("In Shopify's admin: Settings, Notifications, Webhooks. The key that signs stands there."),
            Instruction(
                "Create a webhook for each topic, format JSON, with the address above.",
                (
                    ("orders/create", "placed orders, and those that another app creates as paid"),
                    ("orders/paid", "payments, also of cash on delivery once somebody marks it as paid"),
                    ("orders/updated", "shipping, edits, what is bought after the checkout"),
                    ("orders/cancelled, orders/delete", "what must not be sent any more"),
                    ("refunds/create", "what went back"),
                    (
                        "customers/redact, customers/data_request, shop/redact",
                        "persons' rights, in an app's settings",
                    ),
                ),
            ),
            Instruction("Let the theme write ttclid, _ttp, twinbeam_receipt and twinbeam_visitor onto the cart."),
            Instruction('Press "Send test notification": it shows below within seconds.'),
        ),
        ("money", "order_id", *_KINDS),
        "shopify.md",
    ),
    "woocommerce": System(
        "WooCommerce",
        "Any text of 8 to 256 characters; leave it empty to have one drawn, and paste it into each webhook's form.",
        True,
        (
            Instruction(
                "In WordPress: WooCommerce, Settings, Advanced, Webhooks. Add one for each topic, status Active, API "
                "version WP REST API Integration v3, with the address above and the secret.",
                (
                    ("Order created", "placed orders"),
                    ("Order updated", "payments, shipping, refunds, cancellations"),
                    ("Order deleted", "what must not be sent any more"),
                ),
            ),
            Instruction("Saving a webhook sends a ping without a signature; it is counted below."),
            Instruction("Hand the order's key to the tag as order_token: both copies meet under it."),
        ),
        ("order_id", *_KINDS),
        "woocommerce.md",
    ),
    "stripe": System(
        "Stripe",
        "Stripe shows it beside the endpoint: the signing secret, which begins with whsec_.",
        False,
        (
            Instruction(
                "In Stripe's dashboard: Workbench, Webhooks, Add destination; this address, snapshot payloads, these "
                "events.",
                (
                    ("checkout.session.completed, checkout.session.async_payment_succeeded", "sales of Checkout"),
                    ("checkout.session.async_payment_failed", "what was not paid in the end"),
                    ("invoice.paid", "subscriptions: the first payment, and renewals where the rule takes them"),
                    ("charge.refunded, charge.dispute.created, charge.dispute.closed", "what went back"),
                ),
            ),
            Instruction(
                "Without Checkout: payment_intent.succeeded in place of the first three, and the rule stripe_sales on "
                "payment_intent. Payments do not tell renewals: each of them is a purchase then."
            ),
            Instruction("Let your server write ttclid, _ttp, twinbeam_receipt and twinbeam_visitor into the metadata."),
        ),
        ("stripe_sales", "renewal"),
        "stripe.md",
    ),
    "webhook": System(
        "Signed webhook",
        "whsec_ and 24 to 64 bytes in base64; leave it empty to have one drawn.",
        True,
        (
            Instruction("Let the sender sign as Standard Webhooks describes, and post to the address above."),
            Instruction("It sends events as the API takes them, or orders in its own words, by a mapping."),
        ),
        (),
        "webhooks.md",
    ),
}

RULES: Mapping[str, str] = {
    "money": "Whose currency counts",
    "order_id": "Number of an order",
    "draft": "Drafts, and orders made by hand",
    "point_of_sale": "Sold at a till",
    "marketplace": "Sold on a marketplace, also TikTok Shop",
    "agent": "Placed by somebody's software",
    "renewal": "Renewals of a subscription",
    "stripe_sales": "Which events tell of a sale",
}
