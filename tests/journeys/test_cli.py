"""The command line: it teaches, it is quick, it says what is wrong and how to mend it; and what idling costs."""

import json
import re
import statistics
import time
from pathlib import Path

import pytest

from gateway import PIXEL, TOKEN, Gateway, a_shop
from shoppers import a_purchase

pytestmark = pytest.mark.journey

COMMANDS = (
    "",
    "serve",
    "demo",
    "pixels",
    "pixels add",
    "pixels token",
    "pixels list",
    "pixels remove",
    "pixels stop",
    "pixels start",
    "pixels rules",
    "pixels set",
    "pixels test",
    "keys",
    "keys create",
    "keys list",
    "keys revoke",
    "sources",
    "sources create",
    "sources list",
    "sources rotate",
    "sources retire",
    "sources remove",
    "accounts",
    "accounts app",
    "accounts choose",
    "accounts connect",
    "accounts disconnect",
    "accounts finish",
    "accounts import",
    "accounts list",
    "accounts show",
    "accounts subscribe",
    "requests",
    "requests erase",
    "requests export",
    "requests list",
    "orders",
    "orders list",
    "orders reconcile",
    "orders show",
    "import",
    "import events",
    "import orders",
    "sources map",
    "sources preview",
    "sources set",
    "pixels profile",
    "tag",
    "tag snippet",
    "shops",
    "shops add",
    "shops list",
    "shops remove",
    "workspaces",
    "workspaces add",
    "workspaces list",
    "workspaces set",
    "users",
    "users link",
    "users invite",
    "users show",
    "users list",
    "users role",
    "users disable",
    "users enable",
    "users revoke",
    "audit",
    "find",
    "alerts",
    "alerts list",
    "alerts rules",
    "alerts set",
    "alerts mute",
    "alerts unmute",
    "alerts status-address",
    "alerts channels",
    "alerts channels list",
    "alerts channels add",
    "alerts channels remove",
    "alerts channels test",
    "issues",
    "issues list",
    "issues show",
    "issues mute",
    "issues unmute",
    "dead-letters",
    "dead-letters list",
    "dead-letters show",
    "dead-letters resend",
    "dead-letters resends",
    "feed",
    "feed import",
    "feed status",
    "feed unknown",
    "feed schedule",
    "feed forget",
    "report",
    "report week",
    "release",
    "erase",
    "export",
    "doctor",
    "keys rotate",
    "backup",
    "restore",
    "restored",
    "rehearse",
    "jobs",
)
QUICK_SECONDS = 0.5
IDLE_MIB = 180


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """One that is not running, with a store that knows nothing yet."""
    gateway = Gateway(tmp_path_factory.mktemp("cli"), "http://127.0.0.1:9", {})
    gateway.told("users", "link")
    return gateway


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_by_example(gateway, command):
    done = gateway.run(*command.split(), "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: twinbeam {command}".rstrip())
    head, _, examples = done.stdout.partition("First steps:" if command == "" else "Examples:")
    assert len(head.split()) > 8, "it does not say what it does"
    assert f"twinbeam {command}".rstrip() in examples
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_help_names_every_command_with_what_it_is_for(gateway):
    listed = re.findall(r"^  ([a-z-]+) +([A-Z].+)$", gateway.told("--help").partition("Commands:")[2], re.MULTILINE)
    assert {name for name, _ in listed} == {name.split()[0] for name in COMMANDS if name} | {"emulator"}


@pytest.mark.alone
@pytest.mark.parametrize("command", ["", "serve", "keys create", "doctor", "jobs"])
def test_help_is_quick(gateway, command):
    taken = []
    for _ in range(5):
        started = time.monotonic()
        gateway.told(*command.split(), "--help")
        taken.append(time.monotonic() - started)
    assert statistics.median(taken) < QUICK_SECONDS, taken


@pytest.mark.parametrize(
    ("command", "told", "named", "fix"),
    [
        ("pixels add lower-case", "", "lower-case", "capital letters"),
        ("pixels token NOBODYHASIT", TOKEN, "NOBODYHASIT", "twinbeam pixels add NOBODYHASIT"),
        (f"pixels add {PIXEL} --token-stdin", "", "standard input", "access token"),
        (f"pixels add {PIXEL} --token-stdin", "two words", "standard input", "access token"),
        ("keys create server --source shop", "", "server key", "--pixel"),
        ("keys create server --source shop --pixel NOBODYHASIT", "", "NOBODYHASIT", "twinbeam pixels add NOBODYHASIT"),
        ("keys revoke 00000000", "", "00000000", "twinbeam keys list"),
        ("find", "", "find", "--order-id"),
        ("erase", "", "who is meant", "--email"),
        ("erase --email - --phone +4915112345678", "", "who is meant", "--order-id"),
        ("export --email nobody", "", "not an e-mail", "address"),
        ("export --phone 030123", "", "not a phone number", "+49"),
        ("export --since yesterday", "", "yesterday", "--since 2026-11-01"),
        ("find --order-id 1 --event-id 2", "", "one of", "--event-id"),
        ("find --order-id \udcff", "", "not UTF-8", "LC_ALL=C.UTF-8"),
    ],
)
def test_a_mistake_is_answered_with_one_sentence_and_the_fix(gateway, command, told, named, fix):
    done = gateway.run(*command.split(), told=told)
    assert done.returncode == 1
    assert done.stderr.startswith("twinbeam: ")
    assert done.stderr.count("\n") == 1
    assert named in done.stderr
    assert fix in done.stderr


@pytest.mark.parametrize("command", ["serve", "pixels list", "doctor"])
@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("TWINBEAM_LISTN", "127.0.0.1:1", "did you mean TWINBEAM_LISTEN"),
        ("TWINBEAM_LISTEN", "8700", "host:port"),
        ("TWINBEAM_LISTEN", "127.0.0.1:99999", "65535"),
        ("TWINBEAM_INGEST_PROCESSES", "0", "at least 1"),
        ("TWINBEAM_DISK_RESERVE_MB", "0", "at least 1"),
        ("TWINBEAM_IN_FLIGHT", "x", "TWINBEAM_IN_FLIGHT=x: write a whole number"),
        ("TWINBEAM_LISTEN", "127.0.0.1:http", "write a whole number"),
        ("TWINBEAM_BATCH_DELAY_SECONDS", "soon", "write a number of seconds"),
        ("TWINBEAM_JOIN_WINDOW_SECONDS", "inf", "write a number of seconds"),
        ("TWINBEAM_TRUSTED_PROXIES", "proxy", "such as 10.0.0.0/8"),
        ("TWINBEAM_TIKTOK_URL", "business-api.tiktok.com", "https://"),
        ("TWINBEAM_LOG_FORMAT", "pretty", "console"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_the_fix(gateway, command, name, value, fix):
    done = gateway.run(*command.split(), **{name: value})
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert name in said
    assert fix in said
    assert "Traceback" not in said


def test_all_settings_that_cannot_be_are_named_at_once(gateway):
    done = gateway.run("serve", TWINBEAM_LISTEN="x", TWINBEAM_IN_FLIGHT="many", TWINBEAM_COLOUR="red")
    assert all(name in done.stderr for name in ("TWINBEAM_LISTEN", "TWINBEAM_IN_FLIGHT", "TWINBEAM_COLOUR"))


def test_files_that_cannot_be_used_are_named(gateway, tmp_path):
    file, damaged, keys = tmp_path / "file", tmp_path / "damaged", tmp_path / "keys.json"
    file.touch()
    damaged.mkdir()
    (damaged / "store.db").write_bytes(b"no database at all" * 100)
    keys.write_text("{}")
    gateway.told("users", "link")
    for said, wishes in (
        (str(file), {"TWINBEAM_DATA": str(file)}),
        ("put back its backup", {"TWINBEAM_DATA": str(damaged)}),
        ("put back its backup", {"TWINBEAM_KEYRING": str(keys)}),
    ):
        done = gateway.run("pixels", "list", **wishes)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert said in done.stderr


def test_a_key_file_that_others_may_read_is_refused_with_the_command_that_mends_it(gateway):
    gateway.told("users", "link")
    keyring = gateway.folder / "keyring.json"
    keyring.chmod(0o644)
    done = gateway.run("pixels", "list")
    keyring.chmod(0o600)
    assert done.returncode == 1
    assert f"chmod 600 {keyring}" in done.stderr


def test_an_empty_installation_says_what_to_do_next(gateway):
    gateway.told("users", "link")
    assert "twinbeam pixels add" in gateway.told("pixels", "list")
    assert "twinbeam keys create" in gateway.told("keys", "list")
    done = gateway.run("doctor")
    assert done.returncode == 1
    assert "FAIL No pixel is set up." in done.stdout
    assert "-> twinbeam pixels add" in done.stdout


def test_first_steps_lead_to_an_installation_without_complaints(gateway):
    assert "twinbeam pixels token" in gateway.told("pixels", "add", PIXEL, "--name", "Shop")
    assert f"twinbeam pixels token {PIXEL}" in gateway.run("doctor").stdout
    gateway.told("pixels", "token", PIXEL, told=f"{TOKEN}\n")
    assert f"twinbeam keys create server --source shop --pixel {PIXEL}" in gateway.run("doctor").stdout
    done = gateway.run("keys", "create", "server", "--source", "shop", "--pixel", PIXEL)
    assert re.fullmatch(r"tbs_\S{20,}\n", done.stdout)
    assert "only time" in done.stderr
    assert "FAIL" not in gateway.told("doctor")
    assert TOKEN not in gateway.told("pixels", "list", "--json")
    assert done.stdout.strip() not in gateway.told("keys", "list")


@pytest.mark.alone
def test_rules_are_decided_shown_and_audited(tmp_path):
    gateway = Gateway(tmp_path, "http://127.0.0.1:9", {})
    gateway.told("pixels", "add", PIXEL, "--name", "Shop", "--consent", "require")
    gateway.told("pixels", "set", PIXEL, "purchase_means=paid", "ways.Pageview=both")
    gateway.told("pixels", "add", PIXEL, "--name", "Hats")
    rules = gateway.told("pixels", "rules", PIXEL)
    assert re.search(r"^purchase_means +paid$", rules, re.MULTILINE)
    assert re.search(r"^ways.Pageview +both$", rules, re.MULTILINE)
    assert re.search(r"^consent.policy +require$", rules, re.MULTILINE)
    assert re.search(r"^spelling +follow   \(default\)$", rules, re.MULTILINE)
    done = gateway.run("pixels", "set", PIXEL, "purchase_means=later")
    assert (done.returncode, done.stderr) == (
        1,
        "twinbeam: purchase_means=later: it takes placed, paid, shipped or delivered.\n",
    )
    changes = json.loads(gateway.told("audit", "--json"))
    assert [change["what"].partition(f"{PIXEL}")[2].strip() for change in changes] == [
        "",
        "ways.Pageview",
        "purchase_means",
        "consent.policy",
        "",
    ]


def test_a_test_code_is_on_for_a_day(tmp_path):
    gateway = Gateway(tmp_path, "http://127.0.0.1:9", {})
    gateway.told("pixels", "add", PIXEL)
    assert "for 24 hours" in gateway.told("pixels", "test", PIXEL, "TEST123")
    (row,) = json.loads(gateway.told("pixels", "list", "--json"))
    assert row["rules"]["test_code"] == "TEST123"
    assert 23.9 < (row["rules"]["test_until_ms"] / 1_000 - time.time()) / 3_600 <= 24
    gateway.told("pixels", "test", PIXEL, "--off")
    (row,) = json.loads(gateway.told("pixels", "list", "--json"))
    assert row["rules"] == {"test_code": "TEST123"}  # known still, so that what waits for it ends


def test_workspaces_keep_pixels_and_keys_apart(tmp_path):
    gateway = Gateway(tmp_path, "http://127.0.0.1:9", {})
    assert gateway.run("pixels", "add", PIXEL, "--workspace", "hats").returncode == 1
    gateway.told("workspaces", "add", "hats")
    gateway.told("workspaces", "set", "hats", "hosts=hats.example")
    hint = gateway.run("keys", "create", "server", "--source", "shop", "--pixel", PIXEL, "--workspace", "hats").stderr
    assert f"twinbeam pixels add {PIXEL} --workspace hats" in hint
    added = gateway.told("pixels", "add", PIXEL, "--workspace", "hats")
    assert f"twinbeam pixels token {PIXEL} --workspace hats" in added
    assert gateway.told("pixels", "list").startswith("No pixel yet.")
    assert gateway.run("keys", "create", "server", "--source", "shop", "--pixel", PIXEL).returncode == 1
    route = f"{PIXEL} host=hats.example event=Purchase"
    gateway.told("keys", "create", "server", "--source", "shop", "--route", route, "--workspace", "hats")
    assert gateway.told("keys", "list").startswith("No key yet.")
    assert route in gateway.told("keys", "list", "--workspace", "hats")
    assert "hats.example" in gateway.told("workspaces", "list")


def test_idling_costs_less_memory_than_promised(tmp_path):
    with a_shop(tmp_path) as shop:
        shop.post(a_purchase("first"))
        shop.story("first")
        each = {name: pss_mib(pid) for name, pid in shop.gateway.pids().items()}
        assert sum(each.values()) < IDLE_MIB, each
        [told] = json.loads(shop.gateway.told("find", "--event-id", "first", "--json"))
        assert told["state"] == "delivered"


def pss_mib(pid: int) -> float:
    """Give a process's share of memory: what it shares with others counts in parts."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1_024
