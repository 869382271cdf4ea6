"""Whose a pixel is, and what its name should be by the pattern."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinbeam.admin import audit, naming, pixels, profiles
from twinbeam.admin.errors import Invalid, NotFound
from twinbeam.core.accounts import PixelProfile
from twinbeam.core.rules import MAIN

CODE = "C4A5B6C7D8E9F0G1H2I3"
ACME = PixelProfile(client="Acme Ltd", brand="acme", domain="shop.de", market="DE", owner="Ada")


@pytest.fixture
def added(admin):
    pixels.add(admin, pixels.NewPixel(CODE, name="acme_shop.de_DE_production"))
    return admin


def described(admin, **said):
    return profiles.describe(admin, MAIN, CODE, said)


def test_a_profile_is_said_piece_by_piece_and_taken_back(added):
    described(added, client="Acme Ltd", brand="acme")
    described(added, domain="https://Shop.de/x".removeprefix("https://").removesuffix("/x"), market="de", owner="Ada")
    assert profiles.view(added, MAIN, CODE).profile == ACME
    assert described(added, owner="").profile.owner == ""
    told = [(line.what, line.before, line.after) for line in audit.latest(added, limit=2)]
    assert told[0] == (f"pixel {MAIN}/{CODE} owner", "Ada", "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("color", "red"),
        ("market", "Germany"),
        ("domain", "https://shop.de/x?y"),
        ("client", "a\nb"),
        ("owner", "x" * 201),
    ],
)
def test_what_cannot_be_is_refused(added, name, text):
    with pytest.raises(Invalid):
        described(added, **{name: text})


def test_a_pixel_that_is_not_there_has_no_profile(admin):
    with pytest.raises(NotFound):
        profiles.view(admin, MAIN, CODE)


def test_the_name_by_the_pattern_is_offered_and_its_environment_is_the_rule(added):
    found = described(added, brand="acme", domain="shop.de", market="DE")
    assert (found.offered, found.objection) == ("acme_shop.de_DE_production", "")
    pixels.decide(added, MAIN, CODE, {"environment": "staging"})
    found = profiles.view(added, MAIN, CODE)
    assert found.offered == "acme_shop.de_DE_staging"
    assert found.objection == "The name says environment production, and the pixel's profile staging."


@pytest.mark.parametrize(
    ("name", "objection"),
    [
        ("acme_shop.de_DE_production", ""),
        ("acme_shop.de_production", "four parts"),
        ("acme_shop_DE_production", "domain"),
        ("acme_shop.de_Germany_production", "market"),
        ("acme_shop.de_DE_live", "production or staging"),
        ("acme_shop.de_FR_production", "market FR, and the pixel's profile DE"),
        ("other_shop.de_DE_production", "brand other"),
        ("", "four parts"),
    ],
)
def test_a_name_that_leaves_the_pattern_is_told_in_what(name, objection):
    assert objection in naming.why_not(name, ACME, "production")
    assert bool(objection) == bool(naming.why_not(name, ACME, "production"))


@given(st.from_regex(r"[a-zA-Z0-9 _-]{1,20}", fullmatch=True).filter(str.strip), st.sampled_from(naming.ENVIRONMENTS))
def test_what_is_offered_follows_the_pattern(brand, environment):
    profile = PixelProfile(brand=brand, domain="shop.example", market="US-CA")
    offered = naming.offered(profile, environment)
    assert naming.why_not(offered, profile, environment) == ""


def test_nothing_is_offered_while_a_part_is_missing():
    assert naming.offered(PixelProfile(brand="acme"), "production") == ""
