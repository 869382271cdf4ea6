"""Numbers that pages name are the code's, and lists that pages make are complete."""

import math
import re
import subprocess
from pathlib import Path

import pytest

from twinbeam.admin import note_taking, sources, testing
from twinbeam.app.child import HUNG_SECONDS, START_SECONDS
from twinbeam.app.recording import GATHER_SECONDS, IDLE_SECONDS
from twinbeam.app.reports import MOST_LINES
from twinbeam.app.supervisor import STOP_SECONDS
from twinbeam.checks import crowds, records
from twinbeam.core import rejections, sightings
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.errors import ConfigError
from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.core.steady import AGREE_MS, SMALL_MS, STANDS_SECONDS
from twinbeam.demo.ports import USUAL
from twinbeam.demo.scenarios import FORGED, FORGED_SHARE, SCENARIOS, SYSTEM_SCENARIOS
from twinbeam.engines.stores.sqlite import housekeeping, tidying
from twinbeam.engines.stores.tables import alerts, request_counts
from twinbeam.http_server.descriptors import RESERVE
from twinbeam.http_server.limits import DEFAULTS
from twinbeam.jobs.alerts import KEPT_HOURS
from twinbeam.observe.health import BEHIND_SECONDS
from twinbeam.pipeline.accept import body, directory, phones, problems, rate_limits
from twinbeam.pipeline.accept.tag.cookie import DAYS_90_SECONDS
from twinbeam.pipeline.consent import receipts
from twinbeam.pipeline.flow import EVENTS_PER_TRANSACTION
from twinbeam.pipeline.identity import rates
from twinbeam.pipeline.journal import commit
from twinbeam.pipeline.record import confirming, counted, policy
from twinbeam.pipeline.record.claims import ClaimLimits
from twinbeam.pipeline.record.window import JoinWindow
from twinbeam.pipeline.send.bisection import most_calls
from twinbeam.pipeline.send.policy import Policy
from twinbeam.settings import VARIABLES, load
from twinbeam.sources import lenient, standard_webhooks
from twinbeam.web.api.conversions import MOST_WAIT_SECONDS
from twinbeam.web.conversions.lists import PAGE
from twinbeam.web.debugger import newest, stream
from twinbeam.web.live.snapshot_cache import ALARM_SECONDS, LATEST
from twinbeam.web.sums import MOST_EVENTS

ROOT = Path(__file__).resolve().parents[2]
DEMO = (ROOT / "docs" / "howto" / "demo.md").read_text()
HOUR_MS = 3_600_000
KIB = 1_024
WORDS = {10: "ten", 20: "twentieth"}
DEFAULT = {variable.name: variable.default for variable in VARIABLES}

#: What a page says, by its path; each number comes from the code.
SAID = {
    "SECURITY.md": [
        f"{directory.KEY_RANDOM_BYTES} random bytes; only their SHA-256 is kept",
        f"32 random bytes, or the sender's own {sources.LEAST_BYTES} to {sources.MOST_BYTES}",
        f"and {standard_webhooks.TOLERANCE_MS // 60_000} minutes old at most",
        f"{problems.MOST_EVENTS:,} events a request",
        f"slow heads end after {DEFAULTS.head_seconds:.0f} seconds and slow bodies after {body.PATIENCE_SECONDS:.0f}",
        f"at most {phones.MOST_PHONES} phone numbers resolved",
        f"gives way to other requests after {commit.MOST_SECONDS * 1_000:.0f} ms",
        f"by themselves for {counted.MOST_NAMES} of a pixel and day",
        f"write {WORDS[MOST_LINES]} log lines a second of a kind",
        f"the memory of rates holds {rate_limits.MOST_ADDRESSES:,} addresses",
        f"hold back about {ClaimLimits().per_address} orders an hour",
    ],
    "ARCHITECTURE.md": [
        f"for {commit.MOST_SECONDS * 1_000:.0f} ms at most in one turn",
        f"waits up to {DEFAULT['join_window_seconds']} seconds for its twin",
        f"one that hangs for {HUNG_SECONDS:.0f} seconds is killed",
        f"leave {RESERVE} for files",
    ],
    "docs/concepts/accounting.md": [f"for the first {counted.MOST_NAMES} of a pixel and day"],
    "docs/concepts/delivery.md": [
        f"After {Policy().most_unknown} attempts",
        (
            f"at most {most_calls(1_000)} where it names nobody, and {most_calls(999) + 1} where it lies: never more "
            "than 2·log2(n) + 2"
        ),
    ],
    "docs/reference/tiktok-errors.md": [f"After {Policy().most_unknown} attempts"],
    "docs/concepts/consent.md": [
        f"in force for {receipts.LASTS_MS // MS_PER_DAY} days after it was signed",
        (
            f"at most {policy.Holding().wait_ms // HOUR_MS} hours, and at most "
            f"{policy.Holding().after_browser_ms // HOUR_MS} hours after TikTok's own script"
        ),
    ],
    "docs/concepts/copies.md": [
        f"claims of one visit are believed about {ClaimLimits().per_visit} orders an hour",
        f"those of one address (of IPv6 the first 64 bits) about {ClaimLimits().per_address}",
        f"counts apart, {ClaimLimits().events_per_order} times as much of it",
        f"kept for {tidying.ORDER_KEY_DAYS} days, others for {tidying.OTHER_KEY_DAYS}",
        f"reported a purchase on this pixel within {confirming.WITHIN_MS // MS_PER_DAY} days",
        f"reported to its pixel in the last {JoinWindow().seen_within_ms // MS_PER_DAY} days",
        f"within {policy.Enriching().within_ms // 1_000} seconds of the script's",
    ],
    "docs/concepts/durability.md": [
        f"recorded within {IDLE_SECONDS * 1_000:.0f} ms",
        {0.1: "gather for a tenth of a second"}[GATHER_SECONDS],
        {1_000: "(one transaction takes up to a thousand events)"}[EVENTS_PER_TRANSACTION],
        f"is more than {BEHIND_SECONDS:.0f} seconds behind",
    ],
    "docs/concepts/parameters.md": [f"at most {rates.OLDEST_DAYS} days before it"],
    "docs/concepts/retention.md": [
        f"conversions | {note_taking.KEEP_DAYS} days",
        f"| {records.FORGET_MS // MS_PER_DAY} days after their end",
        f"for at most {housekeeping.BUDGET_MS} ms each second",
        f"a round over everything begins every {WORDS[housekeeping.REST_MS // 60_000]} minutes",
        f"keys of conversions that an order gave | {tidying.ORDER_KEY_DAYS} days",
        f"other keys | {tidying.OTHER_KEY_DAYS} days",
        f"a sender has {rejections.MOST_OF_SENDER} newer ones, or {rejections.MOST_SENDERS} others",
        f"the last {min(alerts.MOST_PAST, alerts.MOST_DONE):,} of each",
        f"of which alerts tell a drop | after {KEPT_HOURS // 24} days",
        f"waited for a limit | after {request_counts.KEPT_DAYS} days",
    ],
    "docs/decisions/0042-issues.md": [
        f"{note_taking.AGE_MS // 60_000} minutes after it came",
        f"days are kept for {note_taking.KEEP_DAYS}",
        f"sketch of {crowds.MOST_NAMES} names",
        f"the first {crowds.MOST_VISITORS} visitors of a day",
    ],
    "docs/concepts/routes.md": [f"switches itself off after {testing.HOURS} hours"],
    "docs/howto/operate.md": [
        f"an unknown code {Policy().most_unknown} times",
        f"closes idle connections after {DEFAULTS.idle_seconds:.0f} seconds",
        f"holds up to {DEFAULTS.connections:,} connections, or as many as `LimitNOFILE` allows less {RESERVE}",
        f"up to {STOP_SECONDS:.0f} seconds each",
        f"set by more than {AGREE_MS // 1_000} seconds",
        f"{WORDS[STANDS_SECONDS // 60]} minutes after a step of up to {'an hour' if SMALL_MS == HOUR_MS else '?'}",
    ],
    "docs/howto/webhooks.md": [
        f"within {standard_webhooks.TOLERANCE_MS // 60_000} minutes of the gateway's clock",
        f"with up to {problems.MOST_EVENTS:,}",
    ],
    "docs/reference/http.md": [
        f"| body | {problems.MOST_BYTES // KIB**2} MiB, on the wire and again when decompressed |",
        f"| {problems.MOST_SIGNED_BYTES // KIB**2} MiB likewise",
        f"413 beyond {problems.MOST_SIGNED_BYTES // KIB**2} MiB",
        f"| events in a request | 1 to {problems.MOST_EVENTS:,} |",
        f"with a browser key | {phones.MOST_PHONES}; those beyond",
        f"| `Idempotency-Key` | {problems.MOST_IDEMPOTENCY_CHARS} characters |",
        f"| pause inside a body | {body.PATIENCE_SECONDS:.0f} seconds",
        (
            f"| request line and headers | {DEFAULTS.head_bytes // KIB} KiB, {DEFAULTS.head_lines} lines, "
            f"{DEFAULTS.target_bytes // KIB} KiB of path and query; {DEFAULTS.head_seconds:.0f} seconds |"
        ),
        f"| pipelined requests | {DEFAULTS.pipelined} behind the one that is answered",
        f"| an idle connection | {DEFAULTS.idle_seconds:.0f} seconds |",
        f"At most {lenient.MOST_NOTICES} notices about the form of a request",
        f"A request holds 1 to {problems.MOST_STATEMENTS} statements",
        f"allows for {rate_limits.BURST_SECONDS:.0f} seconds' worth at once",
        f"more than a {WORDS[rate_limits.MODEST]} of what one may",
        f"it is never more than {rate_limits.MOST_RETRY_SECONDS}.",
        f"| {int(DEFAULT['server_key_rate']):,} events a second, more than a process takes in |",
        f"| a browser key | {int(DEFAULT['browser_key_rate']):,} events a second |",
        f"| {int(DEFAULT['browser_address_rate']):,} events a second | `TWINBEAM_BROWSER_ADDRESS_RATE` |",
        f"`wait` (0 to {MOST_WAIT_SECONDS:.0f} seconds)",
    ],
    "docs/reference/logs.md": [
        f"no heartbeat for {HUNG_SECONDS:.0f} seconds (for {START_SECONDS:.0f} after its start)",
        f"drop or a rejection under a valid key, {WORDS[MOST_LINES]} a second",
    ],
    "docs/reference/pages.md": [
        f"once, {note_taking.AGE_MS // 60_000} minutes after it came",
        f"without it the page shows the last {WEEK_DAYS} UTC days",
        f"the {LATEST} latest conversions",
        f"more than {MOST_EVENTS} events",
        f"The last {sightings.ROOM:,} arrivals of the installation",
        f"gives way, {sightings.PAGE} arrivals at a time",
        f"Of each sender the last {rejections.MOST_OF_SENDER} rejections",
        f"New rows come every {newest.EVERY_SECONDS * 1_000:.0f} ms, at most {stream.MOST_ROWS} at once",
        f"longer than {stream.SLOW_SECONDS:.0f} seconds is hung up on",
        f"A page holds {PAGE} conversions",
        f"looked for every {ALARM_SECONDS:.0f} seconds",
        f"seconds from 0 to {MOST_WAIT_SECONDS:.0f}:",
    ],
    "docs/howto/debug-an-event.md": [
        f"The last {sightings.ROOM:,} arrivals of the installation",
        f"of each sender the last {rejections.MOST_OF_SENDER} that were rejected",
        f"after {testing.HOURS} hours at the latest",
    ],
    "docs/howto/demo.md": [
        (f"{USUAL.intake} (intake), {USUAL.dashboard} (pages), {USUAL.emulator} (emulator) and {USUAL.shop} (shop)"),
    ],
}


@pytest.mark.parametrize(("page", "sentence"), [(page, it) for page, said in SAID.items() for it in said])
def test_a_page_names_the_codes_own_number(page, sentence):
    assert sentence in (ROOT / page).read_text()


def of_the_tag(file, name):
    """Return a number of the browser tag's source."""
    source = (ROOT / "tag" / "src" / file).read_text()
    (written,) = re.findall(rf"^const {name} = ([\d_* ]+);$", source, re.MULTILINE)
    return math.prod(int(factor) for factor in written.split("*"))


def test_the_tags_page_names_its_own_numbers():
    page = (ROOT / "docs" / "reference" / "tag.md").read_text()
    hours = of_the_tag("transport.ts", "OLDEST_MS") // HOUR_MS
    events, kilobytes = of_the_tag("transport.ts", "MOST"), of_the_tag("transport.ts", "MOST_BYTES") // 1_000
    assert f"the gateway has them, {hours} hours, {events} events or {kilobytes} kB" in page
    assert f"then 2, 4 and so on up to {of_the_tag('transport.ts', 'LONGEST_WAIT_MS') // 60_000} minutes" in page
    assert f"{of_the_tag('gate.ts', 'MOST_HELD')} calls wait in memory" in page
    assert f"ids that fired | {of_the_tag('once.ts', 'MOST')} newer ones" in page
    assert f"neither within {of_the_tag('copies.ts', 'EVIDENCE_MS') / 1_000} seconds" in page
    assert f"{DAYS_90_SECONDS // 86_400} days after it last changed" in page


def test_the_settings_page_names_how_much_each_may_be():
    notes = (ROOT / "docs" / "reference" / "settings.md").read_text().partition("## Notes")[2]
    most = re.findall(r"^- \*\*`(\w+)`\*\*: up to ([\d,]+)", notes, re.MULTILINE)
    assert most
    for variable, number in most:
        highest = int(number.replace(",", ""))
        load({variable: str(highest)})
        with pytest.raises(ConfigError, match=variable):
            load({variable: str(highest + 1)})


def test_no_answer_asks_to_wait_longer_than_the_page_says():
    asked = [int(value) for kind in problems.KINDS.values() for name, value in kind.headers if name == b"retry-after"]
    assert max(asked) <= rate_limits.MOST_RETRY_SECONDS


def test_every_scenario_of_the_demo_is_listed_with_its_share():
    shares: dict[str, float] = {FORGED: FORGED_SHARE}
    for scenario in (*SCENARIOS, *SYSTEM_SCENARIOS):
        shares[scenario.name] = shares.get(scenario.name, 0) + scenario.share
    listed = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) %", DEMO, re.MULTILINE))
    assert {name: float(share) for name, share in listed.items()} == {
        name: round(100 * share, 1) for name, share in shares.items()
    }


@pytest.mark.parametrize("name", ["KINDS", "PROMISED_ZERO", "ALSO_ZERO"])
def test_every_sabotage_and_every_number_that_must_be_zero_is_listed(name):
    file = {"KINDS": "sabotage.py"}.get(name, "check.py")
    members = re.search(rf"^{name} = \((.*?)\)$", (ROOT / "demo" / file).read_text(), re.MULTILINE | re.DOTALL)
    named = re.findall(r'"(\w+)"', members[1])
    assert named
    assert [it for it in named if f"`{it}`" not in DEMO] == []


def test_make_ends_with_2_where_the_check_ends_with_1():
    """The demo's page says so: `make` tells that a recipe failed, and not how."""
    command = ["make", "--no-print-directory", "-o", "setup-run", "check-demo", "RUN=false"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert "`make` ends with status 2, whatever went wrong" in DEMO


def test_every_target_of_make_is_in_the_table_of_contributing():
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = re.findall(r"^\| `make ?([a-z-]*)` \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert sorted({*filter(None, listed), "help"}) == sorted(targets)  # `make` alone is its help


def test_every_folder_of_tests_has_a_tier():
    tiers = (ROOT / "docs" / "testing.md").read_text().partition("## The tiers")[2].partition("\n## ")[0]
    folders = sorted({path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("*/test_*.py")})
    assert [folder for folder in folders if f"`tests/{folder}/`" not in tiers] == []


def test_every_decision_is_listed_under_its_own_title():
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text()
    for page in (ROOT / "docs" / "decisions").glob("0*.md"):
        number, title = re.match(r"# (\d+)\. (.+)", page.read_text()).groups()
        assert f"{number}. [{title}]({page.name})" in listed, page.name


def test_every_word_of_the_glossary_stands_in_it_once():
    glossary = (ROOT / "docs" / "concepts" / "words.md").read_text().partition("## What comes in")[2]
    words = re.findall(r"^\| ([^|]+) \| ", glossary, re.MULTILINE)
    assert {word for word in words if words.count(word) > 1} <= {"word", "---"}  # the heads of its tables


def test_no_file_of_the_source_has_400_lines():
    """CONTRIBUTING.md says so."""
    files = [file for folder in ("src", "demo", "bench", "scripts") for file in (ROOT / folder).rglob("*.py")]
    assert [str(file) for file in files if len(file.read_text().splitlines()) >= 400] == []
