"""
What the site holds beside docs/: the pages of the tree's root, and the files that pages link to.

The pages stay as a plain Git host shows them, with links into the whole tree. For the site, a link to a page of the
root leads to its copy under project/, a link to a file leads to its copy under tree/, and a link to a folder or to a
page of another folder becomes plain text. A Mermaid diagram becomes its picture, which `scripts/diagrams` draws.
"""

import posixpath
import re
from hashlib import sha256
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
#: The pages of the root, and where the site has them.
OF_THE_ROOT = {
    f"{name}.md": f"project/{name.lower()}.md"
    for name in ("README", "ARCHITECTURE", "CONTRIBUTING", "SECURITY", "CHANGELOG")
}
MARK = "src/twinbeam/web/static/mark.svg"
DIAGRAMS = ROOT / "docs" / "pictures" / "diagrams"
_TITLES: dict[str, str] = {}  #: of the pages that are built, by their address
_FENCED = re.compile(r"(^ *```.*?^ *```$)", re.DOTALL | re.MULTILINE)
_MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages of the root and every file that a page links to."""
    for name, place in OF_THE_ROOT.items():
        files.append(File.generated(config, place, content=(ROOT / name).read_text()))
    files.append(File.generated(config, "assets/mark.svg", abs_src_path=str(ROOT / MARK)))
    for path in sorted(linked_files(files)):
        files.append(File.generated(config, f"tree/{path}", abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 -- their signature
    """Point the links of a page at what the site has."""
    return drawn(for_the_site(markdown, page.file.src_uri), page.file.src_uri)


def on_post_build(*, config: MkDocsConfig) -> None:
    """Write llms.txt, an index of all pages for programs that read."""
    lines = [f"- [{title}]({url})" for url, title in sorted(_TITLES.items())]
    text = "\n".join([f"# {config.site_name}", "", f"> {config.site_description}", "", *lines, ""])
    (Path(config.site_dir) / "llms.txt").write_text(text)


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 -- their signature
    """Note the title of a page for the index."""
    _TITLES[page.url or "./"] = str(page.title)
    return html


def linked_files(files: Files) -> set[str]:
    """Give the files outside docs/ that a page of the site links to, as paths in the tree."""
    found: set[str] = set()
    for file in files.documentation_pages():
        for _, _, target, _ in _LINK.findall(_FENCED.sub("", file.content_string)):
            path = in_the_tree(target, file.src_uri)
            if (
                path is not None
                and (ROOT / path).is_file()
                and not path.endswith(".md")
                and not path.startswith("docs/")
            ):
                found.add(path)
    return found


def for_the_site(markdown: str, place: str) -> str:
    """Give a page's text with links that hold inside the site; what stands in code blocks stays."""
    parts = _FENCED.split(markdown)
    return "".join(part if part.lstrip().startswith("```") else _LINK.sub(turned(place), part) for part in parts)


def pages() -> list[Path]:
    """List the pages of the site, as the tree has them."""
    return [*(ROOT / name for name in OF_THE_ROOT), *sorted((ROOT / "docs").rglob("*.md"))]


def diagrams_of(markdown: str) -> list[str]:
    """List the texts of a page's diagrams."""
    return _MERMAID.findall(markdown)


def name_of(diagram: str) -> str:
    """Give the name of a diagram's picture: another text has another."""
    return f"{sha256(diagram.encode()).hexdigest()[:16]}.svg"


def drawn(markdown: str, place: str) -> str:
    """Give a page's text with pictures in the place of its diagrams; their texts are folded away below."""

    def picture(found: re.Match[str]) -> str:
        file = posixpath.relpath(f"pictures/diagrams/{name_of(found[1])}", posixpath.dirname(place) or ".")
        text = f"<details markdown><summary>The diagram as text</summary>\n\n```text\n{found[1]}```\n\n</details>"
        return f"![Diagram; its text is below]({file})\n\n{text}"

    return _MERMAID.sub(picture, markdown)


def turned(place: str):  # noqa: ANN201 -- what re.sub takes
    """Give the function that turns one link of the page at this place of the site."""

    def turn(link: re.Match[str]) -> str:
        picture, text, target, anchor = link[1], link[2], link[3], link[4] or ""
        path = in_the_tree(target, place)
        if path is None:
            return link[0]
        led = site_place(path)
        return f"{picture}[{text}]({posixpath.relpath(led, posixpath.dirname(place) or '.')}{anchor})" if led else text

    return turn


def in_the_tree(target: str, place: str) -> str | None:
    """Give the path in the tree that a link means; None where it leads to another host."""
    if "://" in target or target.startswith("mailto:"):
        return None
    own = next((name for name, copy in OF_THE_ROOT.items() if copy == place), f"docs/{place}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(own), target))


def site_place(path: str) -> str | None:
    """Give where the site has something of the tree; None where it has it not."""
    if path in OF_THE_ROOT:
        return OF_THE_ROOT[path]
    if path.startswith("docs/"):
        inside = path.removeprefix("docs/")
        return inside if (ROOT / path).is_file() or not (ROOT / path).exists() else None
    if path.endswith(".md") or (ROOT / path).is_dir():
        return None
    return f"tree/{path}"
