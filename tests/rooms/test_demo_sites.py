"""The demo's six sites without a browser: every page is there with its recipe's lines, and forms are bounded."""

import html

import pytest

from demo_shop import in_a_shop
from twinbeam.demo.sites.recipes import MODELS, html_of

EACH = [pytest.param(model, recipe, id=f"{model.name}-{recipe.name}") for model in MODELS for recipe in model.recipes]


@pytest.mark.parametrize(("model", "recipe"), EACH)
def test_a_page_holds_its_recipes_lines_and_shows_them(model, recipe):
    async def visit(shop):
        page = await shop.get(f"/sites/{model.name}/{recipe.name}")
        assert page.status == 200
        nonce = page.headers["content-security-policy"].partition("'nonce-")[2].partition("'")[0]
        lines = html_of(model, recipe)
        assert lines.strip().replace("<script>", f'<script nonce="{nonce}">') in page.text
        assert html.escape(lines).replace("&#x27;", "&#39;").replace("&quot;", "&#34;").strip() in page.text
        assert recipe.event in page.text

    in_a_shop(visit)


def test_the_lists_lead_to_every_page():
    async def visit(shop):
        home = (await shop.get("/sites")).text
        for model in MODELS:
            assert f'href="/sites/{model.name}"' in home
            pages = (await shop.get(f"/sites/{model.name}")).text
            assert all(f'href="/sites/{model.name}/{recipe.name}"' in pages for recipe in model.recipes)

    in_a_shop(visit)


@pytest.mark.parametrize("path", ["/sites/nothing", "/sites/shop/nothing", "/sites/nothing/page"])
def test_other_pages_are_not_here(path):
    async def visit(shop):
        assert (await shop.get(path)).status == 404

    in_a_shop(visit)


def test_the_page_behind_a_form_shows_the_leads_id_and_nothing_that_was_typed():
    async def visit(shop):
        form = {"email": "ada@example.com", "twinbeam_event_id": "1-2-3<b>", "twinbeam_visitor_id": "v" * 9_000}
        page = await shop.post("/thanks", form)
        assert page.status == 200
        assert "1-2-3&lt;b&gt;" in page.text
        assert "ada@example.com" not in page.text
        assert "v" * 2_001 not in page.text
        assert "qualified" not in (await shop.post("/thanks", {"email": "ada@example.com"})).text
        assert (await shop.get("/thanks")).status == 200

    in_a_shop(visit)


def test_only_a_lead_with_an_id_qualifies():
    async def visit(shop):
        assert (await shop.post("/qualified", {})).status == 400
        assert (await shop.post("/qualified", {"event_id": "1-2-3"})).headers["location"] == "/sites/leads"
        assert (await shop.post("/qualified", {"event_id": "1"}, **{"sec-fetch-site": "cross-site"})).status == 403

    in_a_shop(visit)


def test_what_is_downloaded_is_a_pdf():
    async def visit(shop):
        brochure = await shop.get("/files/dutch-a1.pdf")
        assert (brochure.status, brochure.body[:5]) == (200, b"%PDF-")
        assert (await shop.get("/map")).status == 200

    in_a_shop(visit)
