"""
What the tests of the house read: the files of this checkout and the names in them.

SABOTAGE=part reads a copy instead, in which one thing was put wrong by `spoil`.
"""

import ast
import atexit
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parents[1]
READ = ("src", "tests", "docs", "spec", "bench", "demo", "scripts")  #: folders, with the pages beside them
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "results", ".cache")

_copies: list[Path] = []


class Module(NamedTuple):
    """One Python file: its path below src/, and what it says."""

    path: str
    tree: ast.Module

    @property
    def stem(self) -> str:
        """The module's name, or its package's."""
        parts = Path(self.path).with_suffix("").parts
        return parts[-2] if parts[-1] == "__init__" else parts[-1]


def root() -> Path:
    """Return the folder to read: the checkout, or its spoilt copy."""
    return _copies[0] if _copies else CHECKOUT


def spoil(path: str, text: str) -> None:
    """Append a text to a file, which may be new, of a copy that is read from then on."""
    if not _copies:
        _copies.append(_copied(Path(mkdtemp(prefix="house-"))))
    file = root() / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text((file.read_text() if file.exists() else "") + text)


def _copied(folder: Path) -> Path:
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in READ:
        shutil.copytree(CHECKOUT / name, folder / name, ignore=LEFT_OUT, ignore_dangling_symlinks=True)
    for page in [*CHECKOUT.glob("*.md"), CHECKOUT / "pyproject.toml"]:
        shutil.copy(page, folder)
    return folder


@cache
def modules() -> tuple[Module, ...]:
    """Return every Python file below src/."""
    source = root() / "src"
    files = sorted(source.rglob("*.py"))
    return tuple(Module(file.relative_to(source).as_posix(), ast.parse(file.read_text())) for file in files)


def modules_in(folders: Collection[str]) -> list[Module]:
    """Return the files in or below folders of src/, or those files themselves."""
    return [it for it in modules() if any(it.path == folder or it.path.startswith(f"{folder}/") for folder in folders)]


def identifiers(module: Module) -> Iterator[str]:
    """Return every name that a file uses or gives, without leading underscores; comments and texts are none."""
    for node in ast.walk(module.tree):
        for name in _names_of(node):
            yield name.lstrip("_")


#: Where a kind of node keeps the name that it gives or uses.
_KEPT_IN: Mapping[type[ast.AST], str] = {
    ast.ClassDef: "name",
    ast.FunctionDef: "name",
    ast.AsyncFunctionDef: "name",
    ast.MatchAs: "name",
    ast.MatchStar: "name",
    ast.ExceptHandler: "name",
    ast.alias: "asname",
    ast.Name: "id",
    ast.Attribute: "attr",
    ast.arg: "arg",
    ast.keyword: "arg",
}


def _names_of(node: ast.AST) -> Sequence[str]:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")
    names = node.name.split(".") if isinstance(node, ast.alias) else []
    return [*names, getattr(node, _KEPT_IN.get(type(node), ""), None) or ""]


def definitions(module: Module) -> Iterator[str]:
    """Return the names of a file and of the classes and functions that it defines, as they are written."""
    yield module.stem
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def classes(module: Module) -> Iterator[str]:
    """Return the names of the classes that a file defines."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            yield node.name


def strings(module: Module) -> Iterator[str]:
    """Return every text of a file: messages, and the sentences that describe what is public."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def imports(module: Module) -> Iterator[str]:
    """Return the dotted names of what a file imports, wherever it does."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
