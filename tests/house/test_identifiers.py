"""Identifiers and texts use the field's words; those that they replaced stand in `old_words.toml`."""

import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from house_tree import identifiers, modules, modules_in, root, strings

WORDS = tomllib.loads((Path(__file__).parent / "old_words.toml").read_text())
PENDING = WORDS.pop("pending")


@cache
def found() -> dict[str, list[str]]:
    """Give the places of every old word, by its section and itself; those of none are empty."""
    places: dict[str, list[str]] = {}
    for name, section in WORDS.items():
        for way, old in section.items():
            if way != "folders":
                places |= {f"{name}.{word}": list(FINDERS[way](word, section)) for word in old}
    return places


def as_module(word: str, section: dict[str, Any]) -> Iterator[str]:
    return (it.path for it in modules_in(section["folders"]) if it.stem == word)


def as_name(word: str, section: dict[str, Any]) -> Iterator[str]:
    return (it.path for it in modules_in(section["folders"]) if word in names_in(it.path))


def as_word(word: str, section: dict[str, Any]) -> Iterator[str]:
    return (it.path for it in modules_in(section["folders"]) if word in words_in(it.path))


def as_text(phrase: str, _section: dict[str, Any]) -> Iterator[str]:
    return (name for name, text in texts() if re.search(rf"\b{phrase}s?\b", text))


FINDERS: dict[str, Callable[[str, dict[str, Any]], Iterator[str]]] = {
    "modules": as_module,
    "names": as_name,
    "words": as_word,
    "texts": as_text,
}


@cache
def names_in(path: str) -> set[str]:
    return {name for it in modules_in([path]) for name in identifiers(it)}


@cache
def words_in(path: str) -> set[str]:
    """Give the words of which the identifiers of a file, and its own name, are made."""
    return {word for name in (Path(path).stem, *names_in(path)) for word in parts_of(name)}


def parts_of(name: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Give what people may read, as one line each: texts of the code, pages, and documentation."""
    code = [(it.path, " ".join(strings(it))) for it in modules()]
    pages = [*(root() / "src").rglob("*.html"), *(root() / "docs").rglob("*.md"), *root().glob("README.md")]
    read = [(str(it.relative_to(root())), it.read_text()) for it in pages if it.parent.name != "decisions"]
    return tuple((name, re.sub(r"\s+", " ", text)) for name, text in code + read)


@pytest.mark.house("identifiers")
def test_no_old_word_is_an_identifier_or_stands_in_a_text(record_property):
    there = {word: places for word, places in found().items() if places and word not in PENDING}
    record_property("figures", f"old identifiers: {len(there)}")
    assert there == {}


def test_what_is_pending_is_still_there():
    """Remove these lines from `pending` in tests/house/old_words.toml."""
    assert [word for word in PENDING if not found()[word]] == []


def test_every_pending_word_is_in_the_table_once():
    assert set(PENDING) <= set(found())
    assert len(set(PENDING)) == len(PENDING)


@pytest.mark.parametrize(
    ("name", "parts"),
    [("linger_ms", ["linger", "ms"]), ("BodyPreview", ["body", "preview"]), ("_SLOW", ["slow"]), ("a1_B", ["a1", "b"])],
)
def test_an_identifier_is_made_of_its_words(name, parts):
    assert parts_of(name) == parts
