"""One meaning for each class name, and for four words that had several: `meanings.toml`."""

import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from house_tree import classes, definitions, identifiers, modules, modules_in

MEANINGS = tomllib.loads((Path(__file__).parent / "meanings.toml").read_text())
PENDING, SEVERAL, WORDS = MEANINGS["pending"], MEANINGS["several"], MEANINGS["words"]


@cache
def defined() -> Counter[str]:
    """Count the files that define a class, by its name; what a file keeps to itself is its own."""
    ours = [it for it in modules() if it.path.startswith("twinbeam/")]
    return Counter(name for it in ours for name in set(classes(it)) if not name.startswith("_"))


@cache
def homonyms() -> frozenset[str]:
    twice = {name for name, count in defined().items() if count > 1 and name not in SEVERAL}
    return frozenset(twice | {f"word {word}" for word in WORDS if strays(word)})


def strays(word: str) -> list[str]:
    """Give the files in which one of the four words is a name with another meaning."""
    names = definitions if WORDS[word]["of"] == "definitions" else identifiers
    there = [it.path for it in modules_in(["twinbeam"]) if word in set(names(it))]
    return [path for path in there if not path.startswith(tuple(WORDS[word]["folders"]))]


@pytest.mark.house("homonyms")
def test_no_class_name_and_none_of_the_four_words_means_two_things(record_property):
    there = {name: places(name) for name in homonyms() - set(PENDING)}
    record_property("figures", f"homonyms: {len(there)}")
    assert there == {}


def places(name: str) -> list[str]:
    kind, _, word = name.rpartition(" ")
    return strays(word) if kind else [it.path for it in modules_in(["twinbeam"]) if name in set(classes(it))]


def test_what_is_pending_still_means_two_things():
    """Remove these lines from `pending` in tests/house/meanings.toml."""
    assert sorted(set(PENDING) - homonyms()) == []


def test_what_stands_several_times_does():
    assert [name for name in SEVERAL if defined()[name] < 2] == []
