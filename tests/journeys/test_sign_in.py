"""Signing in with a real gateway: the link that it prints, the pages in a real browser, and what survives a restart."""

import json
import re

import pytest
from playwright.sync_api import expect

from browsing import Visit, a_browser, by_menu
from gateway import a_shop
from one_time_link import PASSWORD
from running import ask, wait_until

pytestmark = pytest.mark.journey

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("sign-in")) as shop:
        yield shop


@pytest.fixture(scope="module")
def browser():
    with a_browser() as browser:
        yield browser


def first_link(gateway):
    return wait_until(
        lambda: [line["link"] for line in gateway.lines() if line["event"] == "sign_in.first_owner"],
        "a link is printed",
    )[-1]


def looked_at(opened, path=""):
    """Look at a page in light and dark."""
    for scheme in ("light", "dark"):
        opened.page.emulate_media(color_scheme=scheme)
        assert opened.overflow() <= 0, path
        assert opened.pale() == [], path


def test_from_the_printed_link_to_a_client_who_looks_at_one_workspace(shop, browser):
    gateway = shop.gateway
    opened = Visit(browser, gateway.pages, viewport=PHONE)
    page = opened.page
    expect(page.locator("h1")).to_have_text("Sign in")
    expect(page.locator("main")).to_contain_text("twinbeam users link")
    looked_at(opened)

    page.goto(first_link(gateway))
    looked_at(opened)
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_have_text("Live")
    expect(page.locator("[data-status]")).to_contain_text("live")
    looked_at(opened)

    gateway.told("workspaces", "add", "hats")
    by_menu(page, "Users")
    page.get_by_label("For").fill("Hats Ltd")
    page.locator("form", has=page.get_by_label("Days")).get_by_label("Workspace").select_option("hats")
    page.locator("form", has=page.get_by_label("Days")).get_by_role("button", name="Make a link").click()
    link = page.locator(".made code").inner_text()
    page.locator("summary").first.click()
    looked_at(opened, "/users")
    page.goto(f"{gateway.pages}/account")
    looked_at(opened, "/account")

    client = Visit(browser, link, viewport=DESKTOP)
    client.page.get_by_role("button", name="Open").click()
    expect(client.page.locator(".me")).to_contain_text("link Hats Ltd")
    looked_at(client)
    client.page.goto(f"{gateway.pages}/users")
    expect(client.page.locator("main")).to_contain_text("Only owners can do this.")
    client.page.get_by_role("button", name="Sign out").click()
    expect(client.page.locator("h1")).to_have_text("Sign in")
    looked_at(client, "/sign-in")

    for visit in (opened, client):
        assert [text for text in visit.complaints if "403" not in text] == []
        assert {url.split("/")[2] for url in visit.fetched} == {gateway.pages.removeprefix("http://")}
        visit.close()
    assert ask(first_link(gateway)).status == 404, "the link is used up"


def test_forms_work_without_javascript(shop, browser):
    link = shop.gateway.told("users", "invite", "grace").strip()
    opened = Visit(browser, link, java_script_enabled=False)
    opened.page.get_by_label("Password").fill(PASSWORD)
    opened.page.get_by_role("button", name="Sign in").click()
    opened.page.locator(".find [name=q]").fill("nothing-1")
    opened.page.get_by_role("button", name="Find").click()
    expect(opened.page.locator("main")).to_contain_text("Nothing is known")
    opened.page.get_by_role("button", name="Sign out").click()
    expect(opened.page.locator("h1")).to_have_text("Sign in")
    opened.close()


def test_a_session_outlives_a_restart_and_no_new_link_is_printed(shop):
    cookie = shop.gateway.signed_in()
    printed = len([line for line in shop.gateway.lines() if line["event"] == "sign_in.first_owner"])
    shop.gateway.stop()
    shop.gateway.start()
    assert ask(f"{shop.gateway.pages}/pixels", headers=cookie).status == 200
    assert len([line for line in shop.gateway.lines() if line["event"] == "sign_in.first_owner"]) == printed


def test_a_command_beside_the_gateway_shuts_somebody_out_at_once(shop):
    cookie = shop.gateway.signed_in()
    shop.gateway.told("users", "invite", "joan", "--role", "owner")
    name = re.search(r'href="/account"[^>]*>([^<]+)<', shop.gateway.page("/pixels").body.decode())[1]
    people = shop.gateway.told("users", "list")
    assert f"{name} " in people
    shop.gateway.told("users", "disable", name)
    assert ask(f"{shop.gateway.pages}/pixels", headers=cookie).status == 303
    shop.gateway.told("users", "enable", name)


def test_each_start_prints_another_link_while_there_is_no_user(tmp_path):
    with a_shop(tmp_path) as shop:
        before = first_link(shop.gateway)
        shop.gateway.stop()
        shop.gateway.start()
        wait_until(lambda: first_link(shop.gateway) != before, "another link is printed")
        assert ask(before).status == 404
        assert ask(first_link(shop.gateway)).status == 200
        stored = (shop.gateway.data / "store.db").read_bytes()
        assert first_link(shop.gateway).rpartition("/")[2].encode() not in stored
        assert json.dumps(shop.gateway.told("audit")).count("twinbeam") >= 2
