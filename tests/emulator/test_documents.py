"""The reference page names every switch and rule as the code has it, and every switch has both positions tested."""

from pathlib import Path

import pytest

import tiktok_emulator
from tiktok_emulator.routes import ENDPOINTS
from tiktok_emulator.rules import ABOUT
from tiktok_emulator.switches import Switches, explained
from tiktok_emulator.trouble import Kind

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "emulator.md").read_text("utf-8")
README = (Path(tiktok_emulator.__file__).parent / "README.md").read_text("utf-8")


@pytest.mark.parametrize("switch", explained(), ids=lambda switch: switch.name)
def test_a_switch_is_listed_with_default_and_source(switch):
    row = f"| `{switch.name}` | `{switch.default}` | {switch.positions} | {switch.text} | {switch.source} |"
    assert row in PAGE


@pytest.mark.parametrize("switch", Switches.__struct_fields__)
def test_a_switch_is_turned_in_some_test(switch):
    tests = "".join(
        path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__)
    )
    assert f"{switch}=" in tests or f'"{switch}"' in tests


@pytest.mark.parametrize("rule", ABOUT)
def test_a_rule_is_listed_with_severity_and_source(rule):
    about = ABOUT[rule]
    assert f"| `{rule.value}` | {about.severity} | {about.trigger} | {about.source} |" in PAGE


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_of_trouble_is_listed(kind):
    assert f"| `{kind.value}` |" in PAGE


@pytest.mark.parametrize("path", sorted({path.removeprefix("/open_api/v1.3") for _, path in ENDPOINTS}))
def test_an_endpoint_is_listed(path):
    assert path in PAGE


def test_the_readme_says_first_what_it_does_not_do_and_which_rules_are_guesses():
    headings = [line for line in README.splitlines() if line.startswith("## ")]
    assert headings[:2] == ["## What it does not do", "## Which rules are guesses"]


def test_the_readme_names_real_switches():
    known = set(Switches.__struct_fields__)
    named = {line.split("`")[-2] for line in README.splitlines() if line.startswith("| ") and line.count("`") >= 2}
    assert named - {"data.<i>.<path>: <reason>"} <= known
