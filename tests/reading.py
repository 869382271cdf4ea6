"""What a person reads of a page."""

import re
from html import unescape
from typing import Any


def words(answer: Any) -> str:
    """Give the text of a page's main part without tags, one space between words."""
    text = unescape(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2].partition(">")[2]))
    return " ".join(text.split())
