"""Rules by their names and as text."""

import typing
from hashlib import sha256

import pytest

from twinbeam.admin.errors import Invalid
from twinbeam.admin.rules import changed, hints, lines, shown
from twinbeam.core.rules import ConsentRules, PixelRules, WorkspaceRules

RULES = PixelRules()
WORKSPACE = WorkspaceRules()


def after(rules, *assignments):
    """Give what the rules are after some `name=value`."""
    return changed(rules, dict(assignment.split("=", 1) for assignment in assignments))


@pytest.mark.parametrize(
    ("assignment", "rules"),
    [
        ("purchase_means=paid", PixelRules(purchase_means="paid")),
        ("confirm_purchases=on", PixelRules(confirm_purchases="on")),
        ("consent.policy=require", PixelRules(consent=ConsentRules(policy="require"))),
        ("consent.regions.us-ca=opt_out", PixelRules(consent=ConsentRules(regions={"US-CA": "opt_out"}))),
        ("value_without=tax,shipping", PixelRules(value_without=("tax", "shipping"))),
        ("value_without= tax , shipping ", PixelRules(value_without=("tax", "shipping"))),
        ("ways.Pageview=both", PixelRules(ways={"Pageview": "both"})),
        ("ways.CompletePayment=server", PixelRules(ways={"Purchase": "server"})),
        ("ways.add_to_cart=browser", PixelRules(ways={"AddToCart": "browser"})),
        ("ways.my_event=browser", PixelRules(ways={"my_event": "browser"})),
        ("means.PlacedOrder=place_an_order", PixelRules(means={"placedorder": "PlaceAnOrder"})),
        ("means.checkout step completed=Purchase", PixelRules(means={"checkoutstepcompleted": "Purchase"})),
        ("means.Signup_Done=my_event", PixelRules(means={"signupdone": "my_event"})),
        ("native_wait_seconds=100", PixelRules(native_wait_seconds=100)),
        ("restricted=true", PixelRules(restricted=True)),
        ("parameters=value,currency", PixelRules(parameters=("value", "currency"))),
        ("hosts=Shop.example,www.MÜLLER.de", PixelRules(hosts=("shop.example", "www.xn--mller-kva.de"))),
        ("staging_hosts=staging.test", PixelRules(staging_hosts=("staging.test",))),
        ("test_emails=Ada@Shop.example", PixelRules(test_emails=(sha256(b"ada@shop.example").hexdigest(),))),
        ("test_emails=" + "F" * 64, PixelRules(test_emails=("f" * 64,))),
        ("purchase_means=", RULES),
        ("ways.Pageview=", RULES),
    ],
)
def test_a_rule_is_set(assignment, rules):
    assert after(RULES, assignment) == rules


@pytest.mark.parametrize(
    ("assignment", "fix"),
    [
        ("purchase_means=later", "placed, paid, shipped or delivered"),
        ("nope=1", "purchase_means"),
        ("consent=require", "consent.policy"),
        ("ways=both", "ways.EVENT"),
        ("ways.a.b=both", "ways.EVENT"),
        ("ways.Purchase=all", "both, browser or server"),
        ("ways.ünï=both", "a name such as Purchase"),
        ("means.PlacedOrder=!", "a name such as Purchase"),
        ("means=Purchase", "means.NAME"),
        ("means.__=Purchase", "means.PlacedOrder"),
        ("ways.Install=both", "a name such as Purchase"),
        ("consent.regions.Germany=opt_in", "a country such as DE"),
        ("native_wait_seconds=271", "from 0 to 270"),
        ("native_wait_seconds=soon", "from 0 to 270"),
        ("restricted=maybe", "true or false"),
        ("parameters=cost", "value, currency"),
        ("parameters=tax", "value, currency"),
        ("value_without=taxes", "tax, shipping, gift_cards or tips"),
        ("hosts=https://shop.example", "without https://"),
        ("hosts=*.shop.example", "the hosts below it are meant as well"),
        ("test_emails=ada", "SHA-256"),
        ("test_code=TEST1", "twinbeam pixels test"),
        ("test_until_ms=1", "twinbeam pixels test"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_name_and_the_fix(assignment, fix):
    with pytest.raises(Invalid) as refused:
        after(RULES, assignment)
    assert assignment.partition("=")[0] in str(refused.value)
    assert fix in str(refused.value)


@pytest.mark.parametrize(
    ("assignment", "rules"),
    [
        ("hosts=hats.example", WorkspaceRules(hosts=("hats.example",))),
        ("keep_days=14", WorkspaceRules(keep_days=14)),
        ("rates.usd.2026-11-21.eur=0.91", WorkspaceRules(rates={"USD": {"2026-11-21": {"EUR": 0.91}}})),
    ],
)
def test_a_workspace_has_rules_of_its_own(assignment, rules):
    assert after(WORKSPACE, assignment) == rules


@pytest.mark.parametrize(
    ("assignment", "fix"),
    [
        ("keep_days=0", "from 1 to 400"),
        ("rates.USD=0.91", "rates.CURRENCY.DAY.CURRENCY"),
        ("rates.USD.today.EUR=0.91", "2026-11-21"),
        ("rates.USD.2026-11-21.Euro=0.91", "EUR"),
        ("rates.USD.2026-11-21.EUR=0", "above 0"),
        ("rates.USD.2026-11-21.EUR=-1", "above 0"),
        ("rates.USD.2026-11-21.EUR=nan", "above 0"),
        ("rates.USD.2026-11-21.EUR=x", "a number"),
        ("purchase_means=paid", "keep_days"),
    ],
)
def test_what_cannot_be_of_a_workspace_is_refused_with_the_fix(assignment, fix):
    with pytest.raises(Invalid, match=fix):
        after(WORKSPACE, assignment)


def test_several_rules_are_set_at_once_or_none():
    assert after(RULES, "restricted=true", "purchase_means=paid") == PixelRules(restricted=True, purchase_means="paid")
    with pytest.raises(Invalid):
        after(RULES, "restricted=true", "nope=1")
    assert PixelRules() == RULES


def test_the_rules_in_force_are_listed_with_the_defaults_marked():
    listed = {name: (value, usual) for name, value, usual in lines(PixelRules(purchase_means="paid", hosts=("a.b",)))}
    assert listed["purchase_means"] == ("paid", False)
    assert listed["hosts"] == ("a.b", False)
    assert listed["consent.policy"] == ("by_region", True)
    assert listed["restricted"] == ("false", True)
    assert listed["ways"] == ("-", True)


@pytest.mark.parametrize("shape", [PixelRules, WorkspaceRules])
def test_what_is_listed_can_be_written_back(shape):
    for name, hint in hints(shape):
        if typing.get_origin(hint) is not dict and not name.startswith("test_"):
            value = shown(dict(_defaults(shape))[name])
            assert changed(shape(), {name: "" if value == "-" else value}) == shape()


def _defaults(shape):
    for name, _hint in hints(shape):
        value = shape()
        for part in name.split("."):
            value = getattr(value, part)
        yield name, value
