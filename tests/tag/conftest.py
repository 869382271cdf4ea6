"""One browser and one street for the tests of a file; each test opens a shop of its own on it."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from playwright.sync_api import sync_playwright

from tagging import ARGUMENTS, a_street

ROOT = Path(__file__).parents[2]
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "spec" / "ingest.schema.json").read_text()))


@pytest.fixture(scope="module")
def browser():
    """Chromium with its cache of pages, which Playwright switches off."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "Chromium is not installed; run scripts/need-chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=ARGUMENTS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def street(browser, tmp_path_factory):
    with a_street(tmp_path_factory.mktemp("street"), browser) as street:
        yield street


@pytest.fixture
def opened(street, record_property):
    """Open a shop; at the end nothing was asked about the visitor before a permission, and no page complained."""
    corners = []

    def open_shop(**how):
        corners.append(street.opened(**how))
        return corners[-1].__enter__()

    shops = []

    def opened(**how):
        shops.append(open_shop(**how))
        return shops[-1]

    yield opened
    for shop in shops:
        shop.listen()
    for corner in corners:
        corner.__exit__(None, None, None)
    early = [url for shop in shops for url in shop.early]
    native = [url for shop in shops for url in shop.early_native]
    record_property("early", len(early))
    record_property("early native", len(native))
    assert (early, native) == ([], [])
    assert [text for shop in shops for text in shop.complaints] == []


@pytest.fixture
def as_described(opened):
    """Open a shop of which the gateway is sent nothing but what the specification describes, so without a remark."""
    shops = []

    def opened_so(**how):
        shops.append(opened(**how))
        return shops[-1]

    yield opened_so
    sent = [body for shop in shops for path, body in shop.web.bodies if path == "/t/e" and "events" in body]
    assert {error.message for body in sent for error in SCHEMA.iter_errors(body)} == set()


@pytest.fixture
def corner(opened):
    """One shop with one pixel."""
    return opened()
