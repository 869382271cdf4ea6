"""The samples of README and docs/: every fenced block of a language that something can run or read."""

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
#: The languages that something can run or read; `text` and what has none is what people read.
LANGUAGES = ("sh", "bash", "python", "php", "js", "html", "json", "toml", "nginx")
_BLOCK = re.compile(r"((?:^ *<!-- [^\n]* -->\n)?)^( *)```(\w+)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_RUN_BY = re.compile(r"<!-- run by (\S+) -->")
_NOT_RUN = re.compile(r"<!-- not run: (.+) -->")


class Sample(NamedTuple):
    """One fenced block."""

    page: str  #: its path in the tree
    line: int
    language: str
    text: str
    run_by: str  #: the test that runs it, as the marker above it says
    not_run: str  #: why nothing can run it, as the marker above it says

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({self.language})"


def samples() -> list[Sample]:
    """Return all of them, page by page, in their order."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [sample for page in pages for sample in of(str(page.relative_to(ROOT)), page.read_text())]


def of(page: str, text: str) -> list[Sample]:
    """Return those of one page."""
    found = []
    for block in _BLOCK.finditer(text):
        marker, _, language, body = block.groups()
        if language in LANGUAGES:
            by, why = _RUN_BY.search(marker), _NOT_RUN.search(marker)
            line = text.count("\n", 0, block.start(2)) + 1
            told = (by[1] if by else "", why[1] if why else "")
            found.append(Sample(page, line, language, textwrap.dedent(body), *told))
    return found
