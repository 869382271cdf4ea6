"""
What a template imports exists and is used.

Jinja notices a missing macro only where it is called, and an unused one never.
"""

from functools import cache
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, nodes

import twinbeam.web

WEB = Path(twinbeam.web.__file__).parent
PARSER = Environment(loader=FileSystemLoader(WEB), autoescape=True)
TREES = {
    name: PARSER.parse((WEB / name).read_text())
    for name in sorted(str(path.relative_to(WEB)) for path in WEB.rglob("*.html"))
}


def written(found):
    """Return the name of the template that a tag names, where it stands there as a text."""
    return found.template.value if isinstance(found.template, nodes.Const) else None


PARENTS = {name: [written(it) for it in tree.find_all(nodes.Extends)] for name, tree in TREES.items()}
INCLUDED = {name: [written(it) for it in tree.find_all(nodes.Include)] for name, tree in TREES.items()}


@cache
def used_with(name):
    """Return every name that is read where this template's imports are seen; of a module's, such as `parts.status`."""
    seen, todo = set(), [name]
    while todo:  # itself, what extends it and what it includes
        if (one := todo.pop()) not in seen and one in TREES:
            seen.add(one)
            todo += [other for other, parents in PARENTS.items() if one in parents] + INCLUDED[one]
    return {used for one in seen for used in used_in(one)}


@cache
def used_in(name):
    """Return every name that a template reads."""
    alone = {found.name for found in TREES[name].find_all(nodes.Name) if found.ctx == "load"}
    of_others = [found for found in TREES[name].find_all(nodes.Getattr) if isinstance(found.node, nodes.Name)]
    return alone | {f"{found.node.name}.{found.attr}" for found in of_others}


@cache
def macros(name):
    """Return what can be imported from a template."""
    return {found.name for found in TREES[name].find_all(nodes.Macro)}


IMPORTS = [
    (name, written(found), one if isinstance(one, str) else one[0], one if isinstance(one, str) else one[1])
    for name, tree in TREES.items()
    for found in tree.find_all(nodes.FromImport)
    for one in found.names
]
MODULES = [
    (name, written(found), found.target) for name, tree in TREES.items() for found in tree.find_all(nodes.Import)
]


def test_templates_are_found():
    assert len(IMPORTS) > 50
    assert MODULES


@pytest.mark.parametrize(("name", "source", "macro", "target"), IMPORTS)
def test_what_a_template_imports_exists_and_is_used(name, source, macro, target):
    assert macro in macros(source)
    assert target in used_with(name)


@pytest.mark.parametrize(("name", "source", "target"), MODULES)
def test_what_a_template_uses_of_another_exists(name, source, target):
    used = {it.partition(".")[2] for it in used_with(name) if it.startswith(f"{target}.")}
    assert used
    assert used <= macros(source)
