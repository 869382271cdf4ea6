"""The texts behind the "?" of the pages, as docs/ has them."""

import json
import re
from pathlib import Path

from twinbeam.web.documentation.pages import anchor_of

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "src" / "twinbeam" / "web" / "help.json"
_PART = re.compile(r"^<!-- help: ([a-z ]+), ([^\n]+) -->\n(.*?)\n<!-- end of help -->$", re.DOTALL | re.MULTILINE)
_RULES = ROOT / "docs" / "reference" / "pixel-rules.md"
_RULE = re.compile(r"^\| `([a-z_.]+)` \| [^|]+ \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def collected() -> str:
    """Return the file of all topics, by their names; a topic that two pages explain is an error."""
    found: dict[str, dict[str, str]] = {}
    for page in sorted((ROOT / "docs").rglob("*.md")):
        whole = page.read_text()
        for part in _PART.finditer(whole):
            topic, title, text = part.groups()
            if topic in found:
                raise SystemExit(f"{page.relative_to(ROOT)} explains {topic!r}, and {found[topic]['page']} does too")
            found[topic] = _told(title, text, page, _anchor(whole[: part.start()]))
    table = _RULES.read_text().partition("<!-- generated: pixel-rules -->")[2].partition("<!-- end of generated -->")[0]
    found |= {f"rule {name}": _told(f"The rule {name}", meaning, _RULES) for name, meaning in _RULE.findall(table)}
    return json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _told(title: str, text: str, page: Path, anchor: str = "") -> dict[str, str]:
    plain = " ".join(_LINK.sub(r"\1", text).replace("**", "").split())
    return {"title": title, "text": plain, "page": str(page.relative_to(ROOT)), "anchor": anchor}


def _anchor(before: str) -> str:
    """Return the anchor of the last heading below the page's own, or nothing."""
    headings = re.findall(r"^##+ (.+)$", before, re.MULTILINE)
    return anchor_of(headings[-1]) if headings else ""


def is_current() -> bool:
    """Say whether the pages carry what docs/ says."""
    return FILE.exists() and FILE.read_text() == collected()


def write() -> None:
    """Bring the pages' file up to date."""
    FILE.write_text(collected())
