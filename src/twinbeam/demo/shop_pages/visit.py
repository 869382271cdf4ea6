"""What a form and its request say of the visit; kept with the order until the gateway has heard of it."""

from collections.abc import Mapping

from msgspec import Struct

#: What the tag writes into hidden fields named `twinbeam_...` when a form leaves; empty without a permission.
#: How many characters each may have: what the gateway would refuse must not take a paid order's report with it.
FIELDS = {"visitor_id": 256, "consent_receipt": 2_000, "ttclid": 8_000, "ttp": 8_000, "page_url": 8_000}

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
    """Read the hidden fields. They prove nothing: the gateway checks the receipt. What no tag writes is left out."""
    said = {name: form.get(f"twinbeam_{name}", "") for name in FIELDS}
    usable = {name: text for name, text in said.items() if len(text) <= FIELDS[name] and "\0" not in text}
    return Visit(user_agent=user_agent, **usable)
