import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import click
import pytest
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from twinbeam.admin.rules import lines
from twinbeam.cli.main import twinbeam
from twinbeam.core.foreign_names import LOOSE
from twinbeam.core.lifecycle import COUNTED, State, diagram
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.rules import PixelRules, WorkspaceRules
from twinbeam.core.story import Narrowed
from twinbeam.destinations.tiktok.verdicts import CODES
from twinbeam.observe import metrics
from twinbeam.observe.logs import level_of
from twinbeam.pipeline.accept.contract import Served
from twinbeam.pipeline.record.contract import Recorded
from twinbeam.settings import VARIABLES
from twinbeam.sources.foreign import FIELDS
from twinbeam.web.access import Access
from twinbeam.web.conversions.lists import Asked

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
SOURCE = ROOT / "src" / "twinbeam"
GENERATOR = ROOT / "scripts" / "docs"
PAGES = sorted(
    page
    for page in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part in {"build", "node_modules"} for part in page.relative_to(ROOT).parts)
)
#: Where the name of a command may stand in a line of a shell.
CALLED = r"(?:^|[;&|(] *|/bin/)"
ROOMS = ("accept", "consent", "identity", "journal", "record", "send", "settle")

#: The fields of a log line that are unpacked from a value, and so stand nowhere as keywords.
UNPACKED = {
    "request": Served.__struct_fields__,
    "recorded": Recorded.__struct_fields__,
    "send.crashed": ("error", "at"),
    "send.uncounted": ("error", "at"),
}


def first_cells(page: str) -> set[str]:
    """Give what stands in backticks in the first cell of each table row of a reference page."""
    return set(re.findall(r"^\| `([^`]+)` \|", (REFERENCE / page).read_text(), re.MULTILINE))


def shell_lines(text: str) -> list[str]:
    return [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


def test_the_generated_parts_are_current():
    done = subprocess.run([sys.executable, GENERATOR, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_part_that_can_be_generated_stands_on_a_page():
    known = set(re.findall(r'^    "([a-z-]+)": \w+,$', GENERATOR.read_text(), re.MULTILINE))
    used = [
        name for page in PAGES for name in re.findall(r"^<!-- generated: (\S+) -->$", page.read_text(), re.MULTILINE)
    ]
    assert sorted(used) == sorted(known)


def test_every_setting_is_documented_with_its_default():
    text = (REFERENCE / "settings.md").read_text()
    for variable in VARIABLES:
        default = f"`{variable.default}`" if variable.default else "empty"
        assert f"| `{variable.variable}` | {default} | {variable.meaning} |" in text


def test_every_rule_of_pixels_and_workspaces_is_documented_with_its_default():
    text = (REFERENCE / "pixel-rules.md").read_text()
    for rules in (PixelRules(), WorkspaceRules()):
        for name, value, _ in lines(rules):
            default = "none" if value == "-" else f"`{value}`"
            assert re.search(rf"^\| `{name}` \| [^|]+ \| {default} \| [^|]+ \|$", text, re.MULTILINE), name


def test_every_name_of_others_is_documented_with_what_it_is_taken_as():
    text = (DOCS / "concepts" / "names.md").read_text()
    for whose, names in LOOSE.items():
        for name, meant in names.items():
            assert f"| `{name}` | `{meant}` | {whose} |" in text
    for name, foreign in FIELDS.items():
        assert f"| `{name}` | `user.{foreign.field}` |" in text


def test_a_variable_named_in_any_page_is_a_setting():
    known = {variable.variable for variable in VARIABLES}
    named = {name for page in PAGES for name in re.findall(r"\bTWINBEAM_[A-Z_]*[A-Z]\b", page.read_text())}
    assert named <= known


def test_every_state_outcome_and_reason_is_documented():
    assert first_cells("outcomes.md") >= {*State, *Outcome, *Reason}
    for reason in Reason:
        assert f"| `{reason}` | {reason.sentence} |" in (REFERENCE / "outcomes.md").read_text()


def test_every_finding_is_documented():
    page = (REFERENCE / "outcomes.md").read_text()
    assert all(f"| `{finding}` | {finding.sentence} |" in page for finding in Finding)


def test_it_is_said_of_every_reason_what_it_belongs_to():
    page = (REFERENCE / "outcomes.md").read_text()
    assert [page.count(f"| `{reason}` | ") for reason in Reason] == [2] * len(Reason)


def test_the_accounting_page_adds_up_every_outcome_and_every_counted_state():
    block = re.search(r"```text\nrecorded = (.*?)```", (DOCS / "concepts" / "accounting.md").read_text(), re.DOTALL)
    assert re.findall(r"\w+", block[1]) == [*Outcome, *COUNTED]


def test_every_metric_is_documented_with_its_labels():
    text = (REFERENCE / "metrics.md").read_text()
    kept = {name: metric for name, metric in vars(metrics).items() if isinstance(metric, MetricWrapperBase)}
    assert kept
    for metric in kept.values():
        (described,) = metric.describe()
        row = re.search(rf"^\| `{described.name}{'_total' * isinstance(metric, Counter)}` \|.*$", text, re.MULTILINE)
        assert row, described.name
        assert all(f"`{label}`" in row[0] for label in metric._labelnames), row[0]


def test_every_label_is_explained():
    kept = [metric for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)]
    explained = re.findall(r"^\| `(\w+)`(?: \(\w+\))? \| ", (REFERENCE / "metrics.md").read_text(), re.MULTILINE)
    assert {label for metric in kept for label in metric._labelnames} <= set(explained)


def test_every_command_is_documented_with_its_options():
    text = (REFERENCE / "cli.md").read_text()
    for path, command in commands(twinbeam, "twinbeam"):
        section = re.search(rf"^## `{path}`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        assert section, path
        options = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
        assert all(re.search(rf"{name}\b(?!-)", section[1]) for name in options), path


def commands(group: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, group
    if isinstance(group, click.Group):
        for name in group.list_commands(click.Context(group)):
            yield from commands(group.get_command(click.Context(group), name), f"{path} {name}")


def test_every_code_of_tiktok_stands_in_the_verdict_table():
    table = re.search(
        r"generated: verdicts -->(.*?)<!-- end", (DOCS / "concepts" / "delivery.md").read_text(), re.DOTALL
    )
    listed = [
        code
        for cell in re.findall(r"\| ([\d, -]+) \|$", table[1], re.MULTILINE)
        for run in cell.split(", ")
        for code in range(int(run.partition("-")[0]), int(run.rpartition("-")[2]) + 1)
    ]
    assert sorted(listed) == sorted(CODES)


def test_every_log_line_is_documented_with_its_level_and_fields_and_no_other():
    written = logged_lines()
    documented = {event: (level, fields) for event, level, fields in documented_lines()}
    assert set(documented) == set(written)
    for event, fields in written.items():
        assert documented[event] == (level_of(event), fields), event


def documented_lines() -> list[tuple[str, str, frozenset[str]]]:
    section = (REFERENCE / "logs.md").read_text().partition("## Lines")[2]
    rows = re.findall(r"^\| `([^`]+)` \| (\w+) \| ([^|]*)\|", section, re.MULTILINE)
    return [(event, level, frozenset(re.findall(r"`(\w+)`", fields))) for event, level, fields in rows]


def logged_lines() -> dict[str, frozenset[str]]:
    """Collect what the code logs and reports: each event with the fields of all places that write it."""
    found: dict[str, frozenset[str]] = {}
    for file in sorted(SOURCE.rglob("*.py")):
        if "demo" in file.relative_to(SOURCE).parts:
            continue  # the demo prints its own, and is no part of a gateway
        for call in filter(is_report, ast.walk(ast.parse(file.read_text()))):
            event = call.args[0].value
            fields = {keyword.arg for keyword in call.keywords if keyword.arg is not None}
            found[event] = found.get(event, frozenset()) | fields | frozenset(UNPACKED.get(event, ()))
    return found


def is_report(node: ast.AST) -> bool:
    """Tell whether a node is a call that becomes a log line: of a reporter, or of a logger's level."""
    if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
        return False
    if not isinstance(node.args[0].value, str):
        return False
    match node.func:
        case ast.Name(id="log"):
            return True
        case ast.Attribute(attr="report" | "_report" | "happening"):
            return True
        case ast.Attribute(attr="info" | "warning" | "error", value=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in ("log", "_log")
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere_inside_the_repository(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
        if not re.match(r"[a-z]+:", link):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.is_relative_to(ROOT), link
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page, as forges make them from headings, and those written by hand."""
    text = page.read_text()
    headings = re.findall(r"^#+ (.+)$", without_code(text), re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)">', text))


def without_code(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def test_every_page_is_reached_from_the_index():
    reached: set[Path] = set()
    waiting = [DOCS / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            links = re.findall(r"\]\(([^)\s#]+\.md)", page.read_text())
            waiting += [(page.parent / link).resolve() for link in links if "://" not in link]
    assert set(DOCS.rglob("*.md")) <= reached


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_place_outside_the_repository(page):
    assert re.findall(r"(?<![\w.~])/(?:work|root|home|tmp)/\S*|\.\./shared\S*", page.read_text()) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_and_target_on_a_page_exists(page):
    text = page.read_text()
    quoted = [*re.findall(r"`([^`\n]+)`", without_code(text)), *shell_lines(text)]
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in quoted:
        assert set(re.findall(rf"{CALLED}make ([a-z][a-z-]*)", line)) <= targets, line
        for words in re.findall(rf"{CALLED}(?:as_)?twinbeam ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)", line):
            assert leads_to_a_command(words.split()), line


def leads_to_a_command(words: list[str]) -> bool:
    command = twinbeam
    for word in words:
        if not isinstance(command, click.Group):
            return True  # what follows is an argument
        command = command.get_command(click.Context(command), word)
        if command is None:
            return False
    return True


def test_the_readme_shows_both_commands():
    lines = shell_lines((ROOT / "README.md").read_text())
    assert [line.split()[:2] for line in lines if line.startswith("make ")] == [["make", "demo"], ["make", "test"]]


@pytest.mark.parametrize(("number", "room"), [*enumerate(ROOMS, start=1)])
def test_every_room_says_what_goes_in_what_comes_out_and_what_it_never_does(number, room):
    lines = import_module(f"twinbeam.pipeline.{room}").__doc__.strip().splitlines()
    assert lines[:2] == [f"Room {number} of 7: {room}.", ""]
    assert [re.match(r"(In|Out|Never):\s+\S", line)[1] for line in lines[2:]] == ["In", "Out", "Never"]


def test_the_state_diagram_is_the_lifecycle_table():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    assert f"```mermaid\n{diagram()}\n```" in text


def test_whatever_the_list_of_conversions_is_narrowed_by_is_in_its_table():
    narrowed = Narrowed("Purchase", "both", 0, 0, Reason.BOT, Finding.CLICK_LOST, several=True, carries="email")
    asked = parse_qs(urlsplit(Asked("held", ("main", "C"), 1, narrowed).address(before_id=1)).query)
    text = (REFERENCE / "pages.md").read_text().partition("## The list of conversions")[2].partition("\n## ")[0]
    assert set(asked) == set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE))))


def test_the_page_of_pages_says_whom_each_need_lets_in():
    assert {str(need) for need in Access} <= first_cells("pages.md")
