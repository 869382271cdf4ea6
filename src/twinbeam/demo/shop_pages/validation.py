"""What somebody filled in, checked as far as a shop needs it."""

import re
from collections.abc import Mapping

from twinbeam.demo.shop_pages.orders import Customer

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST_CHARS = 100


def customer_of(form: Mapping[str, str]) -> Customer:
    """Read the fields about a customer as they were typed, blanks around them left out."""
    return Customer(**{name: form.get(name, "").strip() for name in ("name", "email", "phone")})


def validation_error(customer: Customer) -> str:
    """Return what is missing; nothing where all is there."""
    if any(len(text) > _LONGEST_CHARS for text in (customer.name, customer.email, customer.phone)):
        return f"A field is longer than {_LONGEST_CHARS} characters."
    if not customer.name:
        return "Write a name."
    return "" if _EMAIL.fullmatch(customer.email) else "Write an e-mail address, such as ada@post.example."
