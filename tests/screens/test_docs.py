"""
The documentation holds: every sample of README and docs/ is run or read by what it is written for, and no link is broken.

A page's shell samples are typed into one shell, in their order, against a real gateway and TikTok's emulator. What only
root, a container or a person could run bears a marker above it, `<!-- not run: the reason -->`; what a test of its own
runs names that test, `<!-- run by tests/... -->`.
"""

import json
import os
import re
import shutil
import subprocess
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import msgspec
import pytest

import one_time_link
from gateway import TOKEN_TOLD, a_shop
from running import CHECKOUT
from samples import ROOT, Sample, of, samples
from shoppers import GRANTED, a_purchase
from site_of_docs import build
from twinbeam.core.rules import WorkspaceRules
from twinbeam.demo.processes import clean_environment
from twinbeam.settings import load

pytestmark = [pytest.mark.journey, pytest.mark.slow]

SAMPLES = samples()
PIXELS = ("C4A5B6C7D8E9F0G1H2I4", "C4A5B6C7D8E9F0G1H2I3")  #: as the pages name them; most mean the last
SCHEMAS = {
    "ingest": json.loads((ROOT / "spec" / "ingest.schema.json").read_text()),
    "openapi": json.loads((ROOT / "spec" / "openapi.json").read_text()),
}
READ_BY_NODE = "for (const text of JSON.parse(require('fs').readFileSync(0))) new (require('vm').Script)(text)"
SETTING = re.compile(r"TWINBEAM_[A-Z_]+=")
#: What a page may call. The shell is a restricted one, so whatever else a page wants ends it, and harms no machine.
COMMANDS = {
    "twinbeam": f'''case " $* " in *" - "*) exec < answers.txt ;; esac
exec {" ".join(CHECKOUT.twinbeam)} "$@"''',
    "as_twinbeam": 'exec twinbeam "$@"',
    "curl": 'PATH="$TOOLS" exec curl -sS --fail-with-body --noproxy "*" --proto "=http" "$@"',
} | {tool: f'PATH="$TOOLS" exec {tool} "$@"' for tool in ("date", "grep", "head", "openssl", "tail")}
#: The files that commands name, as a reader would have them.
FILES = {
    "answers.txt": "nobody@shop.example\n" * 20,
    "token.txt": f"token-of-{PIXELS[-1][-2:]}\n",
    "secret.txt": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
    "orders.csv": "order_id;value;paid_at;email\nO-1;89,90;2026-11-20T11:05:00Z;ada@shop.example\n",
    "events.jsonl": '{"event": "Lead", "event_id": "l-1", "event_time": 1795177034, "event_source": "crm", "lead": {"lead_id": "1"}}\n',
    "products.csv": "id,title,price,cost\nLAMP-1,Lamp,89.90 EUR,40.00 EUR\n",
    "delivery.json": '{"data": {"number": "77", "changed": "2026-11-20T11:05:00Z", "state": "abgeschlossen", "sum": {"total": "49.90"}, "buyer": {"mails": ["ada@shop.example"], "country": "DE"}, "notes": {"receipt": ""}, "lines": [{"sku": "hat", "count": 1, "each": "49.90"}]}}',
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("shop"), join_window_seconds=0) as opened:
        opened.tiktok.expected_faults.add("missing_event_name")  # by which a token is tried without a conversion
        for code in PIXELS:
            opened.tiktok.add_pixel(code, f"token-of-{code[-2:]}")
            opened.gateway.arrange("pixels", "add", code, *TOKEN_TOLD, told=f"token-of-{code[-2:]}")
            key = opened.make_key("server", code)
        opened.keys["server"] = key
        one_time_link.opened(opened.gateway.arrange("users", "link").split()[-1], "ada")
        opened.post(a_purchase("1001", order_id="1001", consent=GRANTED))
        opened.wait_steady()
        yield opened


def typed(shop, page, blocks):
    """Write what is typed for a page: its own commands, for this machine's addresses and a name of its own."""
    text = "set -eu\n" + "".join(f"printf '\\n== {block.line}\\n'\n{block.text}\n" for block in blocks)
    real = {
        "https://events.shop.example": shop.gateway.intake,
        "https://shop.example/t.js": f"{shop.gateway.intake}/t.js",
        "http://127.0.0.1:8700": shop.gateway.intake,
        "http://127.0.0.1:8701": shop.gateway.pages,
        "http://127.0.0.1:8702": shop.tiktok.url,
        "tbb_...": shop.keys["browser"],
    }
    for written, found in real.items():
        text = text.replace(written, found)
    # All pages share one gateway, where a source and a workspace have their names once.
    name = r"\b(sources \w+|workspaces add|users show) (lamps|till|hats)\b(?!\.)"
    return re.sub(name, rf"\1 \2-{Path(page).stem}", text)


def adds_a_shop(blocks):
    """Say whether a page adds a shop: from then on every command has to name the one it means, so it comes last."""
    return any("shops add" in block.text for block in blocks)


def run_in_a_shell(shop, folder, page, blocks):
    """Type a page's commands; return what went wrong."""
    for name, content in FILES.items():
        (folder / name).write_text(content)
    for block in SAMPLES:
        if block.page == page and block.language == "toml":
            (folder / "till.toml").write_text(block.text)
    (folder / "bin").mkdir()
    for name, body in COMMANDS.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / "bin" / name).chmod(0o755)
    own = {"KEY": shop.keys["server"], "READ": shop.keys["read"]}
    own |= {"PATH": str(folder / "bin"), "TOOLS": os.environ["PATH"]}
    done = subprocess.run(
        ["/bin/bash", "-r", "-c", typed(shop, page, blocks)],
        env=clean_environment({**shop.gateway.settings, **own}),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode == 0:
        return []
    reached = re.findall(r"^== (\d+)$", done.stdout, re.MULTILINE)
    return [f"{page}:{reached[-1] if reached else '?'}: {(done.stdout[-400:] + done.stderr[-600:]).strip()}"]


def read_settings(sample):
    """Read lines of a settings file as the gateway reads them."""
    lines = [line for line in sample.text.splitlines() if SETTING.match(line)]
    said = dict(line.split("=", 1) for line in lines)
    load({name: re.sub(r"\$\(.*\)|^\.\.\.$", "a-word-of-24-letters-or-so", value) for name, value in said.items()})


def is_settings(sample):
    return sample.language == "sh" and all(SETTING.match(line) for line in sample.text.splitlines() if line.strip())


def read_json(sample):
    """Hold JSON against what it is: a body, an event, its properties, or an answer."""
    value = json.loads(sample.text)
    if set(value) <= set(WorkspaceRules.__struct_fields__):
        msgspec.convert(value, WorkspaceRules)
        return
    if "accepted" in value:
        schema = {"$ref": "#/components/schemas/Answer", "components": SCHEMAS["openapi"]["components"]}
    else:
        name = "Events" if "events" in value else "Item" if "event" in value else "Properties"
        parts = SCHEMAS["ingest"]["$defs"]
        assert set(value) & set(parts[name]["properties"]), f"nothing of it is a member of {name}"
        # What a page tells TikTok's script may hold more than the API takes from a server.
        schema = {
            "$ref": f"#/$defs/{name}",
            "$defs": parts | {"Properties": {**parts["Properties"], "additionalProperties": True}},
        }
    jsonschema.validate(value, schema)


class Scripts(HTMLParser):
    """What a page of HTML would run, and whether its tags close."""

    def __init__(self, text):
        super().__init__()
        self.scripts, self._inside = [], False
        self.feed(text)
        self.close()
        assert not self._inside, "a script is not closed"

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        self._inside = tag == "script" and "src" not in said and said.get("type", "") in ("", "module")
        if self._inside:
            self.scripts.append("")

    def handle_endtag(self, tag):
        self._inside = False if tag == "script" else self._inside

    def handle_data(self, data):
        if self._inside:
            self.scripts[-1] += data


def read_js(*scripts):
    """Let Node read scripts without running them; a sample may be a module or not."""
    program = shutil.which("node")
    assert program, "Node is not installed; run scripts/need-node"
    told = subprocess.run(
        [program, "-e", READ_BY_NODE], input=json.dumps(scripts), capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr


def read_html(sample):
    scripts = Scripts(sample.text).scripts
    if scripts:
        read_js(*(re.sub(r"<\?=.*?\?>|\{\{.*?\}\}", "null", script) for script in scripts))


def read_python(sample):
    compile(sample.text, str(sample), "exec")


def read_php(sample):
    program = shutil.which("php")
    assert program, "PHP is not installed; run scripts/need-php"
    text = sample.text if sample.text.startswith("<?php") else f"<?php\n{sample.text}"
    told = subprocess.run([program, "-l"], input=text, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


READERS = {
    "js": lambda sample: read_js(sample.text),
    "html": read_html,
    "json": read_json,
    "python": read_python,
    "php": read_php,
    "toml": lambda sample: tomllib.loads(sample.text),
}


@pytest.mark.screens("docs")
def test_every_sample_runs_or_is_read_and_no_link_is_broken(shop, tmp_path, record_property):
    wrong, in_a_shell = [], {}
    for sample in SAMPLES:
        if sample.run_by or sample.not_run:
            continue
        if sample.language in ("sh", "bash") and not is_settings(sample):
            in_a_shell.setdefault(sample.page, []).append(sample)
            continue
        try:
            (read_settings if is_settings(sample) else READERS[sample.language])(sample)
        except Exception as error:  # noqa: BLE001 -- whatever a sample does wrong is told with its place
            wrong.append(f"{sample}: {type(error).__name__} {str(error)[:300]}")
    for page, blocks in sorted(in_a_shell.items(), key=lambda page: adds_a_shop(page[1])):
        folder = tmp_path / page.replace("/", "-")
        folder.mkdir()
        wrong += run_in_a_shell(shop, folder, page, blocks)
    broken = build(tmp_path / "site").broken()
    tried = sum(not sample.not_run for sample in SAMPLES)
    record_property("figures", f"docs: samples {tried - len(wrong)} of {tried}, broken links {len(broken)}")
    assert not wrong, "\n\n".join(wrong)
    assert broken == []


def test_a_test_that_is_said_to_run_a_sample_reads_its_page():
    for sample in SAMPLES:
        if sample.run_by:
            assert Path(sample.page).name in (ROOT / sample.run_by).read_text(), sample


def test_a_reason_why_nothing_runs_a_sample_says_something():
    reasons = {str(sample): sample.not_run for sample in SAMPLES if sample.not_run}
    assert all(len(reason.split()) >= 3 for reason in reasons.values()), reasons
    assert len(reasons) < len(SAMPLES) / 5


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("json", '{"event": "Purchase", "order_id": 7}'),
        ("json", '{"evnt": "Purchase"}'),
        ("js", "ttq.track('Purchase'"),
        ("html", "<script>ttq.track(</script>"),
        ("python", "def report("),
        ("toml", "[order"),
    ],
)
def test_a_sample_that_is_wrong_is_found(language, text):
    [sample] = of("page.md", f"```{language}\n{text}\n```\n")
    with pytest.raises(Exception):  # noqa: B017 -- each reader has its own
        READERS[language](sample)


@pytest.mark.parametrize(
    "command", ["twinbeam pixels set C0NOSUCHPIXEL0000000 way=both", "rm -rf data", "echo x > /etc/x", "/bin/rm data"]
)
def test_a_command_that_fails_or_would_touch_the_machine_is_found(shop, tmp_path, command):
    [said] = run_in_a_shell(shop, tmp_path, "docs/page.md", [Sample("docs/page.md", 3, "sh", command, "", "")])
    assert said.startswith("docs/page.md:3: ")
