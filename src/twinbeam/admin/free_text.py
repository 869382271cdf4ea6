"""What owners write in words of their own: it stands in tables, on pages and in the audit."""

from twinbeam.admin.errors import Invalid

MOST_CHARS = 200


def check_line(what: str, text: str) -> None:
    """Raise Invalid unless a text is one line that a terminal and a page show as it is."""
    if len(text) > MOST_CHARS or not text.isprintable():
        raise Invalid(f"Give the {what} in one line of at most {MOST_CHARS} characters.")
