"""What a form and its request say of the visit; kept with the order until the gateway has heard of it."""

from collections.abc import Mapping

from msgspec import Struct

#: What the tag writes into hidden fields named `twinbeam_...` when a form leaves; empty without a permission.
FIELDS = ("visitor_id", "consent_receipt", "ttclid", "ttp", "page_url")
_LONGEST_CHARS = 8_000

#: The visitor's address, as a shop on the Internet knows it. A browser on this machine has none that TikTok could use.
VISITOR_ADDRESS = "203.0.113.24"


class Visit(Struct, frozen=True):
    """The visit that a form was sent in."""

    user_agent: str
    visitor_id: str = ""
    consent_receipt: str = ""
    ttclid: str = ""
    ttp: str = ""
    page_url: str = ""


def visit_of(form: Mapping[str, str], user_agent: str) -> Visit:
    """Read the hidden fields. They prove nothing: the gateway checks the receipt."""
    said = {name: form.get(f"twinbeam_{name}", "")[:_LONGEST_CHARS] for name in FIELDS}
    return Visit(user_agent=user_agent, **said)
