import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "twinbeam"
PIPELINE = SOURCE / "pipeline"
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()

#: What a package holds beside its parts.
BESIDE = {"__init__", "__pycache__", "py.typed"}


def parts_of(folder: Path) -> set[str]:
    """Name the modules and packages of a folder."""
    return {entry.stem if entry.suffix == ".py" else entry.name for entry in folder.iterdir()} - BESIDE


def floors() -> list[str]:
    block = re.search(r"## Floors\n.*?```\n(.*?)```", ARCHITECTURE, re.DOTALL)
    return block[1].strip().splitlines()


def named_in(floor: str) -> set[str]:
    return set(re.split(r"\s*[>|]\s*", floor.strip()))


def test_the_floors_are_the_packages_of_twinbeam():
    packages, _ = floors()
    assert named_in(packages) == parts_of(SOURCE)


def test_the_rooms_are_the_packages_of_the_pipeline():
    _, pipeline = floors()
    assert named_in(pipeline.removeprefix("pipeline:")) == parts_of(PIPELINE)


def test_the_floors_are_those_that_lint_enforces():
    enforced = re.findall(r"^layers = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL)
    packages, pipeline = (re.findall(r'"([^"]+)"', layers) for layers in enforced)
    written = [floor.removeprefix("pipeline:").split(">") for floor in floors()]
    assert [[named_in(layer) for layer in floor] for floor in written] == [
        [named_in(layer) for layer in floor] for floor in (packages, pipeline)
    ]


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`([\w./-]+/[\w.]*|[\w./-]+\.py)`", ARCHITECTURE))))
def test_every_file_that_architecture_names_is_there(named):
    """A name without its room stands in a sentence about that room."""
    inner = [] if "/" in named else [*PIPELINE.iterdir(), SOURCE / "destinations" / "tiktok"]
    assert any((folder / named).exists() for folder in (ROOT, SOURCE, PIPELINE, *inner))


def test_every_folder_in_the_map_of_the_readme_is_there():
    section = (ROOT / "README.md").read_text().partition("## Map of the tree")[2]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    named = [folder for cell in cells for folder in re.findall(r"`([\w/]+/)`", cell)]
    assert named
    assert [folder for folder in named if not ((ROOT / folder).is_dir() or (SOURCE / folder).is_dir())] == []


def test_every_part_of_a_check_has_its_sabotage_and_every_sabotage_its_part():
    marker = re.compile(r'mark\.(?:outside|truth|house)\(\s*"([\w-]+)"')
    parts = {part for file in (ROOT / "tests").rglob("test_*.py") for part in marker.findall(file.read_text())}
    of_the_tag, of_the_shops = {"ungated", "double", "lost-click"}, {"cod-early", "refund-sent", "unsigned"}
    of_the_pixels = {"open-route", "bad-token", "stale-import"}
    of_the_screens = {"blind", "false-alarm"}
    of_the_sources = {"ungated", "double-pageview", "own-ids"}
    of_delivery = {"lose", "double", "overrun", "restore"}
    assert parts | of_the_tag | of_the_shops | of_the_pixels | of_the_sources | of_the_screens | of_delivery == {
        file.stem for file in (ROOT / "tests" / "sabotage" / "parts").glob("*.py")
    }
