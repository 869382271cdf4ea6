import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinbeam.core.foreign_names import APP_ONLY, ENUMS, LOOSE
from twinbeam.core.names import APP_EVENT, RENAMED, STANDARD, Name, canonical, understood

OFFICIAL = sorted({*STANDARD, *RENAMED})


@pytest.mark.parametrize(
    ("written", "canonical", "spelling", "mapped"),
    [
        ("Purchase", "Purchase", "", False),
        ("CompletePayment", "Purchase", "CompletePayment", False),
        ("SubmitForm", "Lead", "SubmitForm", False),
        ("Registration", "CompleteRegistration", "Registration", False),
        ("purchase", "Purchase", "", True),
        ("complete_payment", "Purchase", "", True),
        ("add_to_cart", "AddToCart", "", True),
        ("Add To Cart", "AddToCart", "", True),
        ("ADDTOCART", "AddToCart", "", True),
        ("add-to-cart", "AddToCart", "", True),
        (" Purchase ", "Purchase", "", True),
        ("PlacedOrder", "Purchase", "", True),
        ("ContactUs", "Lead", "", True),
        ("gtm4wp.orderCompletedEEC", "Purchase", "", True),
        ("gtm4wp.addProductToCartEEC", "AddToCart", "", True),
        ("gtm4wp.productClickEEC", "ViewContent", "", True),
        ("gtm4wp.changeDetailViewEEC", "ViewContent", "", True),
        ("gtm4wp.checkoutOptionEEC", "InitiateCheckout", "", True),
        ("gtm4wp.checkoutStepEEC", "AddPaymentInfo", "", True),
        ("checkout step completed", "AddPaymentInfo", "", True),
        ("Checkout Step Completed", "AddPaymentInfo", "", True),
        ("begin_checkout", "InitiateCheckout", "", True),
        ("view_item", "ViewContent", "", True),
        ("sign_up", "CompleteRegistration", "", True),
        ("generate_lead", "Lead", "", True),
        ("page_view", "Pageview", "", True),
        ("PageView", "Pageview", "", True),
        ("Order Completed", "Purchase", "", True),
        ("Order Placed", "PlaceAnOrder", "", True),
        ("Product Added", "AddToCart", "", True),
        ("checkout_completed", "Purchase", "", True),
        ("orders/paid", "Purchase", "", True),
        ("SHOPPING", "Purchase", "", True),
        ("shopping", "shopping", "", False),
        ("form", "form", "", False),
        ("my_event-2", "my_event-2", "", False),
        ("PurchaseOfATicket", "PurchaseOfATicket", "", False),
        ("Login", "Login", "", False),
    ],
)
def test_a_name_is_understood_and_what_only_looks_like_tiktoks_is_mapped(written, canonical, spelling, mapped):
    assert understood(written) == Name(canonical, spelling, mapped)


@pytest.mark.parametrize(
    ("written", "likely"),
    [
        ("Purchse", "Purchase"),
        ("Purchased", "Purchase"),
        ("purchases", "Purchase"),
        ("Purhcase", "Purchase"),
        ("Parchase", "Purchase"),
        ("Add_To_Carts", "AddToCart"),
        ("CompletePaymet", "Purchase"),
        ("CompleteRegistrations", "CompleteRegistration"),
        ("Leads", "Lead"),
        ("Load", ""),
        ("Led", ""),
        ("PurchaseOfATicket", ""),
        ("Purchasing", ""),
        ("Login", ""),
        ("my_event-2", ""),
        ("x" * 50, ""),
    ],
)
def test_of_a_name_that_may_be_a_slip_of_the_pen_the_likely_one_is_known_and_it_stays_custom(written, likely):
    assert understood(written) == Name(written, likely=likely)


@pytest.mark.parametrize("name", ["Install", "install", "InstallApp", "install_app", "LaunchAPP", "Launch App"])
def test_what_only_an_app_can_report_is_no_event_of_ours(name):
    assert understood(name) is APP_EVENT
    assert canonical(name) is None


@pytest.mark.parametrize("name", ["placed an order", "1st", "-x", "a.b", "ünï", "x\n", "Äpurchase", "purchase!", ""])
def test_what_tiktok_would_refuse_is_no_name(name):
    assert understood(name) is None


@pytest.mark.parametrize("table", LOOSE)
def test_the_tables_of_others_lead_to_standard_events_only(table):
    assert set(LOOSE[table].values()) <= STANDARD
    for name, meant in LOOSE[table].items():
        assert understood(name) == Name(meant, mapped=True)


def test_the_other_tables_do_so_too():
    assert {*RENAMED.values(), *ENUMS.values()} <= STANDARD
    assert not {*RENAMED, *ENUMS, *APP_ONLY} & STANDARD


@given(st.sampled_from(OFFICIAL), st.sampled_from(["", " ", "_", "-", "."]), st.randoms())
def test_no_case_and_no_separator_makes_a_custom_event_of_an_official_name(name, separator, random):
    letters = [random.choice((letter.lower(), letter.upper())) for letter in name]
    assert canonical(separator.join(letters)) == canonical(name)


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,49}", fullmatch=True))
def test_a_name_is_mapped_to_a_standard_event_or_left_as_it_is(name):
    found = understood(name)
    assert found is APP_EVENT or found.canonical in STANDARD or found.canonical == name
