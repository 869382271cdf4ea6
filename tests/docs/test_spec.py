import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

from builders import a_body, an_item
from door import House
from stories import all_stories, play
from twinbeam.core.values import Decision
from twinbeam.pipeline.accept.problems import KINDS, ProblemCode

ROOT = Path(__file__).resolve().parents[2]
OPENAPI = json.loads((ROOT / "spec" / "openapi.json").read_text())
INGEST = json.loads((ROOT / "spec" / "ingest.schema.json").read_text())
STORIES = all_stories()

#: Answered by somebody else than the sender of events, or outside of the described paths.
ELSEWHERE = {ProblemCode.NOT_FOUND, ProblemCode.WRITE_KEY_CANNOT_READ}


def component(name):
    return {"$ref": f"#/components/schemas/{name}", "components": OPENAPI["components"]}


def test_the_specification_is_current():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "spec", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schemas_are_schemas():
    jsonschema.Draft202012Validator.check_schema(INGEST)
    for schema in OPENAPI["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_schema_is_referred_to_and_every_reference_leads_somewhere():
    references = Counter()
    collect(OPENAPI, references)
    assert set(references) == {f"#/components/schemas/{name}" for name in OPENAPI["components"]["schemas"]}


def collect(node, references):
    if isinstance(node, dict):
        references.update([node["$ref"]] if "$ref" in node else [])
        for inner in node.values():
            collect(inner, references)
    elif isinstance(node, list):
        for inner in node:
            collect(inner, references)


def test_every_status_a_sender_can_get_is_described():
    described = set(OPENAPI["paths"]["/v1/events"]["post"]["responses"])
    assert described == {"202"} | {str(KINDS[code].status) for code in set(ProblemCode) - ELSEWHERE}


def test_every_status_that_a_statement_can_get_is_described():
    described = set(OPENAPI["paths"]["/v1/consent"]["post"]["responses"])
    assert described == set(OPENAPI["paths"]["/v1/events"]["post"]["responses"])


def test_every_status_that_a_stated_order_can_get_is_described():
    described = set(OPENAPI["paths"]["/v1/orders"]["post"]["responses"])
    assert described == set(OPENAPI["paths"]["/v1/events"]["post"]["responses"])


@pytest.mark.parametrize("system", ["shopify", "woocommerce", "stripe"])
def test_a_shop_systems_delivery_is_described_with_what_it_can_get(system):
    described = set(OPENAPI["paths"][f"/in/{system}/{{source}}"]["post"]["responses"])
    usual = set(OPENAPI["paths"]["/in/webhook/{source}"]["post"]["responses"])
    assert described == (usual - {"400", "422"}) | {"200"}


def test_stated_orders_and_their_answer_are_as_described():
    body = {
        "orders": [{"order_id": "1", "states": {"paid": 1_790_000_000}, "money": {"currency": "EUR", "value": 1.5}}]
    }
    answered = House().post(json.dumps(body).encode(), path="/v1/orders")
    jsonschema.validate(body, component("Orders"))
    jsonschema.validate(answered.json, component("Answer"))
    example = (ROOT / "docs" / "reference" / "http.md").read_text().partition("/v1/orders -d '")[2].partition("}'")[0]
    jsonschema.validate(json.loads(example.replace("'$(date +%s)'", "1") + "}"), component("Orders"))


def test_an_acknowledgement_is_as_described():
    body = {"statements": [{"visitor_id": "v", "consent": {"ad_storage": "denied"}}, {"cart_token": "c"}]}
    answered = House().post(json.dumps(body).encode(), path="/v1/consent")
    jsonschema.validate(body, component("Statements"))
    jsonschema.validate(answered.json, component("Acknowledgement"))


def test_an_answer_and_a_problem_are_as_described():
    answer = House().post(a_body(an_item(), {"event": "x"}, an_item(event_time=1_790_000_000_000))).json
    jsonschema.validate(answer, component("Answer"))
    jsonschema.validate(House().post(a_body({})).json, component("Problem"))


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_answered_as_told(name):
    answered, _ = play(STORIES[name])
    assert (answered.status, answered.json) == (STORIES[name].answer.status, STORIES[name].answer.body)


@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_with_what_it_says_tiktok_gets(name):
    _, journal = play(STORIES[name])
    going = [signal for signal in journal if signal.body and signal.permission.decision is Decision.ALLOWED]
    assert [(signal.pixel, signal.event) for signal in going] == [(it.pixel, it.event) for it in STORIES[name].tiktok]
    for signal, told in zip(going, STORIES[name].tiktok, strict=True):
        assert signal.test_code == told.test_event_code
        assert within(told.body, json.loads(signal.body))


@pytest.mark.parametrize("name", STORIES)
def test_a_story_keeps_back_what_it_says_is_never_kept(name):
    _, journal = play(STORIES[name])
    kept = repr(journal)
    assert [text for text in STORIES[name].never if text in kept] == []


@pytest.mark.parametrize("name", STORIES)
def test_the_schema_accepts_the_body_of_a_story_exactly_when_the_answer_has_no_remark_about_its_shape(name):
    story = STORIES[name]
    told = story.answer.body["rejected"] + story.answer.body.get("notices", [])
    clean = all(is_beyond_shape(remark) for remark in told)
    assert jsonschema.Draft202012Validator(INGEST).is_valid(story.request.body) is clean


def is_beyond_shape(remark):
    """Tell whether a remark is about what names mean, or about what only the kind of key tells."""
    needs_time = remark["code"] == "missing_field" and remark["field"].endswith(".event_time")
    return needs_time or remark["code"] in {
        "bad_event_name",
        "event_name_mapped",
        "event_time_old",
        "match_key_missing",
    }


def within(expected, actual):
    """Tell whether every member of what is expected is there, at any depth."""
    if not isinstance(expected, dict):
        return expected == actual
    return isinstance(actual, dict) and all(
        name in actual and within(inner, actual[name]) for name, inner in expected.items()
    )
