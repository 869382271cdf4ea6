"""
The Tag Manager templates, by the two commands of docs/howto/install-gtm.md: what is built is what the parts make, and
every test of theirs runs without Google.
"""

import copy
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from builders import PIXEL
from door import SERVER_KEY
from stories import Pixel, Request, Story, play
from twinbeam.core.names import canonical
from twinbeam.core.values import Decision

ROOT = Path(__file__).resolve().parents[2]
GTM = ROOT / "install" / "gtm"
KINDS = ("web", "event_id", "server")
INGEST = json.loads((ROOT / "spec" / "ingest.schema.json").read_text())

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="the templates' tests need Node 18 or newer")


def module(name):
    spec = importlib.util.spec_from_file_location(f"gtm_{name}", GTM / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


CHECK = module("check")


def template(kind):
    return CHECK.read((GTM / kind / "template.tpl").read_text())


def alone(kind, test, **changes):
    """Run one test of our own with a template, and give its failures."""
    [found] = CHECK.failures([template(kind) | {"scenarios": [{"name": "alone", "code": test}]} | changes])
    return found


# ---- the files ----


def test_the_built_templates_are_what_their_parts_make():
    done = subprocess.run([sys.executable, GTM / "build.py", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_the_tests_of_a_template_pass_without_google(kind):
    done = subprocess.run(
        [sys.executable, GTM / "check.py", GTM / kind / "template.tpl"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"(\d+) tests, 0 failures", done.stdout)[1]) == len(
        list((GTM / kind / "tests").glob("[0-9]*"))
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_has_the_sections_that_tag_manager_imports_in_their_order(kind):
    text = (GTM / kind / "template.tpl").read_text()
    sandbox, rights = (
        ("SANDBOXED_JS_FOR_SERVER", "SERVER_PERMISSIONS")
        if kind == "server"
        else ("SANDBOXED_JS_FOR_WEB_TEMPLATE", "WEB_PERMISSIONS")
    )
    assert re.findall(r"^___([A-Z_]+)___$", text, re.MULTILINE) == [
        *("TERMS_OF_SERVICE", "INFO", "TEMPLATE_PARAMETERS", sandbox, rights, "TESTS", "NOTES")
    ]


def fields(parameters):
    for each in parameters:
        yield each
        yield from fields(each.get("subParams", []))


@pytest.mark.parametrize("kind", KINDS)
def test_the_code_reads_the_fields_that_the_template_asks_for_and_no_others(kind):
    asked = json.loads((GTM / kind / "parameters.json").read_text())
    named = {each["name"] for each in fields(asked) if each["type"] not in {"GROUP", "LABEL"}}
    assert set(re.findall(r"\bdata\.(\w+)", template(kind)["code"])) - {"gtmOnSuccess", "gtmOnFailure"} == named


# ---- the run itself can fail ----


def without(permissions):
    """Give each list of permissions that lacks one thing: a permission, an item of a list, a right."""
    for i, permission in enumerate(permissions):
        yield permission["instance"]["key"]["publicId"], [*permissions[:i], *permissions[i + 1 :]]
        for j, param in enumerate(permission["instance"]["param"]):
            for k, item in enumerate(param["value"].get("listItem", [])):
                fewer = copy.deepcopy(permissions)
                del fewer[i]["instance"]["param"][j]["value"]["listItem"][k]
                yield json.dumps(item), fewer
                for m, right in enumerate(item.get("mapValue", [])):
                    if right.get("boolean"):
                        less = copy.deepcopy(permissions)
                        less[i]["instance"]["param"][j]["value"]["listItem"][k]["mapValue"][m]["boolean"] = False
                        yield json.dumps(item), less


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_single_right_is_needed_and_a_call_without_it_fails(kind):
    its = template(kind)
    cases = list(without(its["permissions"]))
    assert len(cases) > 2
    outcomes = CHECK.failures([its | {"permissions": fewer} for _, fewer in cases])
    harmless = [
        what
        for (what, _), lines in zip(cases, outcomes, strict=True)
        if not any("without its permission" in line for line in lines)
    ]
    assert harmless == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("JSON.stringify({})", "JSON is not defined"),
        ("window.x = 1", "window is not defined"),
        ("const get = require('getRequestBody')", "there is no API getRequestBody"),
        ("const get = require('getAllEventData')", "is no API of a WEB container"),
        ("const send = require('callInWindow'); send('alert', 1)", "without its permission"),
        ("const x = new Date()", "the sandbox does not know new"),
        ("const x = `a`", "the sandbox does not know `"),
    ],
)
def test_what_the_sandbox_does_not_have_fails(code, said):
    assert any(said in line for line in alone("web", "runCode({});", code=code))


def test_an_api_that_nobody_mocks_fails_where_it_would_do_something():
    code = "const send = require('callInWindow'); send('twinbeam.track', 1)"
    assert "not mocked" in alone("web", "runCode({});", code=code, setup="")[0]


@pytest.mark.parametrize(
    "claim",
    [
        "assertThat(1).isEqualTo(2)",
        "assertThat({a: [1]}).isEqualTo({a: [2]})",
        "assertThat(undefined).isDefined()",
        "assertThat('ab').contains('c')",
        "assertApi('gtmOnFailure').wasCalled()",
        "runCode({}); assertApi('gtmOnSuccess').wasNotCalled()",
        "runCode({}); assertApi('logToConsole').wasCalledWith('something else')",
    ],
)
def test_a_claim_that_does_not_hold_fails(claim):
    code = "const log = require('logToConsole'); log('said'); data.gtmOnSuccess();"
    assert len(alone("web", f"{claim};", code=code)) == 1


# ---- what the templates say is what the gateway understands ----


def test_the_names_of_events_are_those_that_the_gateway_takes_them_for():
    names = dict(re.findall(r"^  (\w+): '(\w+)',?$", (GTM / "shared" / "ecommerce.js").read_text(), re.MULTILINE))
    assert len(names) == 10
    for theirs, ours in names.items():
        assert canonical(theirs) == canonical(ours) == ours


def body_of(event, cookies=(), settings="settings"):
    """Give what the server template sends for an event of its container."""
    code = f"""
        const given = {json.dumps(event)};
        for (const name in given) event[name] = given[name];
        const had = {json.dumps(dict(cookies))};
        for (const name in had) cookies[name] = had[name];
        runCode({settings});
        fail(JSON.stringify(gateway.requests[0].body));
    """
    [line] = alone("server", code)
    return json.loads(line.removeprefix("alone: "))


PURCHASE = {
    "event_name": "purchase",
    "transaction_id": 1001,
    "value": "49.90",
    "currency": "EUR",
    "items": [{"item_id": 7, "item_name": "Hat", "item_brand": "Felt", "price": "24.95", "quantity": 2}],
    "page_location": "https://shop.example/thanks",
    "page_referrer": "https://shop.example/pay",
    "ip_override": "8.8.4.4",
    "user_agent": "Mozilla/5.0 (iPhone)",
    "user_data": {"email_address": "ada@example.com", "address": [{"first_name": "Ada", "postal_code": "10115"}]},
}


def answered(body, consent="require"):
    pixel = Pixel(PIXEL, "web", consent)
    story = Story("", [pixel], "server", Request({}, body), None, [], [])
    answer, journal = play(story)
    assert answer.status == 202, answer.body
    return answer.json, journal


def test_a_purchase_is_taken_without_a_remark_about_its_shape():
    body = body_of(PURCHASE)
    jsonschema.Draft202012Validator(INGEST).validate(body)
    answer, _ = answered(body)
    assert answer["notices"] == []
    assert answer["event_ids"] == ["e-1"]


@pytest.mark.parametrize("code", ["TEST12345"])
def test_a_preview_with_a_test_code_is_a_test_for_the_gateway(code):
    body = body_of(PURCHASE, settings=f"(container.previewMode = true, settings.testCode = '{code}', settings)")
    body["events"][0]["consent"] = {"ad_storage": "granted", "ad_user_data": "granted"}
    _, [signal] = answered(body)
    assert signal.test_code == code


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        ({"x-ga-gcs": "G111", "x-ga-gcd": "11r1r1r1r5"}, Decision.ALLOWED),
        ({"x-ga-gcs": "G111", "x-ga-gcd": "13n3n3n3n5"}, Decision.ALLOWED),
        ({"x-ga-gcs": "G100", "x-ga-gcd": "11q1q1q1q5"}, Decision.DROPPED),
        ({"x-ga-gcs": "G100", "x-ga-gcd": "11p1p1p1p5"}, Decision.UNDECIDED),
        ({"x-ga-gcs": "G111", "x-ga-gcd": "11t1t1t1t5"}, Decision.UNDECIDED),
        ({"x-ga-gcs": "G111", "x-ga-gcd": "13l3l3l3l1"}, Decision.UNDECIDED),
        ({"consent_state": {"ad_storage": True, "ad_user_data": True}}, Decision.UNDECIDED),
        ({"consent_state": {"ad_storage": False}}, Decision.DROPPED),
        ({"x-ga-gcd": "11r1r1r1r5", "consent_state": {"ad_user_data": "denied"}}, Decision.DROPPED),
        ({}, Decision.UNDECIDED),
    ],
)
def test_only_the_visitors_own_word_permits_or_refuses(said, decision):
    _, [signal] = answered(body_of(PURCHASE | said))
    assert signal.permission.decision is decision


def test_a_visitor_who_is_being_asked_is_not_taken_to_agree_where_silence_would_do():
    asked = body_of(PURCHASE | {"x-ga-gcs": "G100", "x-ga-gcd": "11p1p1p1p5"})
    silent = body_of(PURCHASE)
    for body in (asked, silent):
        body["events"][0]["consent"]["region"] = "US-NY"
    assert [answered(body, "by_region")[1][0].permission.decision for body in (asked, silent)] == [
        Decision.UNDECIDED,
        Decision.ALLOWED,
    ]


@pytest.mark.parametrize(
    ("named", "begins"),
    [({"order_token": "ot-1"}, "token-"), ({}, "1001"), ({"transaction_id": None, "checkout_token": "c"}, "checkout-")],
)
def test_a_purchase_without_an_id_gets_at_both_ends_the_one_that_its_order_makes(named, begins):
    body = body_of(PURCHASE | {"event_id": None} | named)
    [from_container] = answered(body)[0]["event_ids"]
    item = {"event": "Purchase", "event_time": 1_790_000_000, "order_id": "1001"} | named
    item["order_id"] = None if "transaction_id" in item else item["order_id"]
    item.pop("transaction_id", None)
    [from_shop] = answered({"events": [item]})[0]["event_ids"]
    assert from_container == from_shop
    assert from_container.startswith(begins)


def test_no_secret_key_and_no_person_is_in_what_the_console_shows():
    code = f"""
        const given = {json.dumps(PURCHASE)};
        for (const name in given) event[name] = given[name];
        const shown = [];
        mock('logToConsole', (text) => {{ shown.push(text); }});
        gateway.answers = [503, 503];
        settings.key = '{SERVER_KEY}';
        runCode(settings);
        container.previewMode = true;
        runCode(settings);
        fail(shown.join('|'));
    """
    [line] = alone("server", code)
    assert line.count("Twinbeam:") == 2
    assert SERVER_KEY not in line
    assert "ada@example.com" not in line
    assert "8.8.4.4" not in line
