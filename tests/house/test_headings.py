"""Headings and buttons of the pages, and the commands with their headings, use the glossary's words."""

import re
from collections.abc import Iterator
from functools import cache

import click
import pytest

from house_tree import root
from twinbeam.cli.main import twinbeam

HEADING = re.compile(r"<(h[1-3]|th|dt|button|caption|legend|summary)\b[^>]*>(.*?)</\1>", re.DOTALL)
IN_JINJA = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
#: A played shop speaks its customers' language.
NOT_OURS = "twinbeam/demo/"


def pages() -> Iterator[tuple[str, str]]:
    """Give each template with its name."""
    for path in sorted((root() / "src").rglob("*.html")):
        if NOT_OURS not in (name := path.relative_to(root() / "src").as_posix()):
            yield name, path.read_text()


def headings(page: str) -> Iterator[str]:
    """Give the headings of a template; a text of its code that begins with a capital letter is shown as one."""
    for _, inner in HEADING.findall(page):
        yield re.sub(r"<[^>]*>|&\w+;", " ", IN_JINJA.sub(" ", inner))
    for code in IN_JINJA.findall(page):
        yield from re.findall(r"[\"']([A-Z][^\"']*)[\"']", code)


def commands(command: click.Command, path: str = "twinbeam") -> Iterator[tuple[str, str]]:
    """Give the names of all commands, and the headings within their help."""
    yield path, path.removeprefix("twinbeam")
    yield from ((path, line) for line in (command.help or "").splitlines() if line.rstrip().endswith(":"))
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, f"{path} {name}")


def all_headings() -> Iterator[tuple[str, str]]:
    yield from ((name, heading) for name, page in pages() for heading in headings(page))
    yield from commands(twinbeam)


@cache
def glossary() -> frozenset[str]:
    """Give the words that are explained or ordinary: first cells, both sides of TikTok's words, and the last list."""
    page = (root() / "docs" / "concepts" / "words.md").read_text()
    tiktoks, ordinary = (section(page, title) for title in ("In TikTok Events Manager", "Ordinary words"))
    cells = [
        *re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE),
        *re.findall(r"^\| [^|]+ \| ([^|]+) \|", tiktoks, re.MULTILINE),
    ]
    return frozenset(lemma(word) for text in (*cells, ordinary) for word in words(text))


def section(page: str, title: str) -> str:
    return page.partition(f"## {title}\n")[2].partition("\n## ")[0]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+(?:_[a-z]+)*", text.lower())


def lemma(word: str) -> str:
    """Give what forms of a word have in common, as far as headings go."""
    for ending, instead in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("e", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word.removesuffix(ending) + instead
            break
    return re.sub(r"([bdgmnprt])\1$", r"\1", word)


@pytest.mark.house("headings")
def test_headings_and_buttons_use_the_glossarys_words(record_property):
    strange = {(word, place) for place, text in all_headings() for word in words(text) if lemma(word) not in glossary()}
    unknown = {word for word, _ in strange}
    record_property("figures", f"words of headings and buttons outside the glossary: {len(unknown)}")
    assert strange == set()


@pytest.mark.parametrize(
    ("forms", "one"),
    [
        (("drop", "dropped", "drops"), "drop"),
        (("merge", "merged", "merging"), "merg"),
        (("copy", "copies"), "copy"),
        (("settle", "settled"), "settl"),
        (("wait", "waiting"), "wait"),
    ],
)
def test_forms_of_a_word_are_one(forms, one):
    assert {lemma(form) for form in forms} == {one}


def test_headings_are_found_in_tags_and_in_what_the_template_computes():
    page = '<h1>Two <b>words</b> {{ x }}</h1><th class="n">A</th>{{ tile("held", "Held") }}<button>{% if a %}Go{% endif %}</button>'
    assert [" ".join(it.split()) for it in headings(page)] == ["Two words", "A", "Go", "Held"]


def test_no_ordinary_word_is_listed_in_vain():
    used = {lemma(word) for _, text in all_headings() for word in words(text)}
    listed = section((root() / "docs" / "concepts" / "words.md").read_text(), "Ordinary words").partition(":")[2]
    assert [word for word in words(listed) if lemma(word) not in used] == []
