"""Docstrings begin with a plain verb: a function that returns something says "Return", and not "Give" or "Tell"."""

import ast
import re
from collections.abc import Iterator

from house_tree import modules

#: What a function that returns nothing may do: tell a listener, give a lock back.
NOTHING = {"None", "NoReturn", ""}
RIDDLES = re.compile(r"(?:Give|Tell|Say)\b")
#: "Give up" is something else.
PLAIN = re.compile(r"Give up\b")


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield module.path, node


def test_what_is_returned_is_called_so():
    found = [
        f"{path}:{function.lineno} {function.name}"
        for path, function in functions()
        if (ast.unparse(function.returns) if function.returns else "") not in NOTHING
        and RIDDLES.match(said := (ast.get_docstring(function) or ""))
        and not PLAIN.match(said)
    ]
    assert found == []
