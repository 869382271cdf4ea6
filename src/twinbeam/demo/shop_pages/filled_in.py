"""What somebody filled in, checked as far as a shop needs it."""

import re
from collections.abc import Mapping

from twinbeam.demo.shop_pages.orders import Person

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST_CHARS = 100


def person_of(form: Mapping[str, str]) -> Person:
    """Read the fields about a person as they were typed, blanks around them left out."""
    return Person(**{name: form.get(name, "").strip() for name in ("name", "email", "phone")})


def complaint(person: Person) -> str:
    """Say what is missing; nothing where all is there."""
    if any(len(text) > _LONGEST_CHARS for text in (person.name, person.email, person.phone)):
        return f"A field is longer than {_LONGEST_CHARS} characters."
    if not person.name:
        return "Write a name."
    return "" if _EMAIL.fullmatch(person.email) else "Write an e-mail address, such as ada@post.example."
