"""What the identity room promises for every item, not only for the examples."""

from urllib.parse import quote

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from builders import an_arrival
from sealing import ALLOWED, BARE, DROPPED, ENDED, UNDECIDED, seal
from twinbeam.core.bare import bare as unidentified
from twinbeam.core.rules import PixelRules
from twinbeam.core.values import Channel, Content, Item, Judged, Lead, Page, Properties, User
from twinbeam.pipeline.identity.hashing import is_hashed
from twinbeam.pipeline.identity.money import LISTED
from twinbeam.pipeline.identity.outgoing import NAMES as RESTRICTED_NAMES
from twinbeam.pipeline.identity.outgoing import PARTS, PRODUCT_IDS
from twinbeam.pipeline.identity.person import normal_city, normal_name, normal_zip
from twinbeam.pipeline.identity.seal import Sealer
from twinbeam.pipeline.identity.text import has_email, without_personal
from twinbeam.pipeline.identity.urls import scrubbed_url

# Anything a JSON string can hold, with the characters this room looks at far more often than by chance.
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("@+%=&?/#;:.-() 0123456789aZ\0\n\u0301\uff20😀")
WORDS = st.sampled_from(
    [
        "ada@shop.example",
        "+447911123456",
        "07911 123456",
        "%40",
        "%2B",
        "null",
        "https://shop.example/?email=",
        "a" * 300,
        "x" * 64,
        "f" * 64,
    ]
)
TEXT = st.lists(st.text(CHARACTERS, max_size=12) | WORDS, max_size=3).map("".join)
SHORT = TEXT.map(lambda text: text[:256] or "x")
MAYBE = st.none() | TEXT
SEVERAL = st.none() | TEXT | st.lists(TEXT, max_size=4)
NUMBERS = st.none() | st.integers() | st.floats()
AMOUNTS = st.none() | st.integers(-(10**12), 10**12) | st.floats(-1e12, 1e12)

USERS = st.builds(
    User,
    **dict.fromkeys(("email", "phone", "external_id"), SEVERAL),
    **dict.fromkeys(("first_name", "last_name", "city", "state", "zip_code", "ttclid", "ttp", "user_agent"), MAYBE),
    ip=MAYBE | st.ip_addresses().map(str),
    country=MAYBE | st.sampled_from(["US", "gb", "DE", "ZZ"]),
    locale=MAYBE | st.sampled_from(["en_US", "de"]),
)
CONTENTS = st.builds(
    Content,
    **dict.fromkeys(("content_id", "content_type", "content_category", "content_name", "brand"), MAYBE),
    **dict.fromkeys(("sku", "variant_id", "group_id"), MAYBE),
    price=NUMBERS,
    quantity=st.none() | st.integers(),
)
PROPERTIES = st.builds(
    Properties,
    **dict.fromkeys(("content_name", "brand", "description", "search_string", "shop_id", "status"), MAYBE),
    value=AMOUNTS,
    currency=st.none() | st.sampled_from(["EUR", "jpy", "XXX", "KWD"]),
    contents=st.none() | st.lists(CONTENTS, max_size=2),
    content_ids=st.none() | st.lists(TEXT, max_size=3),
    num_items=st.none() | st.integers(),
    order_id=st.none() | SHORT,
    price=NUMBERS,
    **dict.fromkeys(PARTS, NUMBERS),
)
ITEMS = st.builds(
    Item,
    event=st.sampled_from(["Purchase", "CompletePayment", "Lead", "InitiateCheckout", "AddToCart", "My_Event"]),
    event_time=st.integers(1, 2**70),
    event_id=st.none() | SHORT,
    event_source=st.sampled_from(["web", "app", "offline", "crm"]),
    user=USERS,
    page=st.builds(Page, url=MAYBE, referrer=MAYBE),
    properties=PROPERTIES,
    **dict.fromkeys(("order_id", "visitor_id", "cart_token", "checkout_token", "cart_line"), st.none() | SHORT),
    action=st.none() | st.integers(0, 10**9),
    limited_data_use=st.booleans(),
    lead=st.none() | st.builds(Lead, lead_id=SHORT, lead_event_source=MAYBE),
)
CHANNELS = st.sampled_from(Channel)
RULES = st.builds(
    PixelRules,
    parameters=st.lists(st.sampled_from(Properties.__struct_fields__), max_size=8).map(tuple),
    restricted=st.booleans(),
    product_id=st.sampled_from(["as_sent", "sku", "variant", "group"]),
    value_without=st.lists(st.sampled_from(PARTS), unique=True).map(tuple),
)
RATES = st.none() | st.dictionaries(
    st.just("XXX"),
    st.dictionaries(
        st.sampled_from(["2026-09-21", "2026-09-01", "2026-01-01", "soon"]),
        st.dictionaries(st.sampled_from(["EUR", "JPY", "KWD", "XAF"]), st.floats()),
    ),
)


def tried(times: float) -> settings:
    """Try a law more often than others; 1,000 times, as `make test-long` tries all, is enough for any."""
    return settings(max_examples=min(1_000, round(times * settings.default.max_examples)))


@tried(3)
@given(ITEMS, CHANNELS, MAYBE, MAYBE)
def test_every_item_is_sealed_and_the_signal_can_be_stored(item, channel, client_ip, user_agent):
    arrival = an_arrival(item, channel=channel, client_ip=client_ip, user_agent=user_agent)
    allowed, refused = seal(arrival), seal(arrival, DROPPED)
    for sealed in (allowed, refused):
        stored = msgspec.msgpack.encode(sealed.signal)
        assert msgspec.msgpack.decode(stored, type=type(sealed.signal)) == sealed.signal
    assert allowed.body["event_id"] == allowed.signal.event_id == refused.signal.event_id
    assert allowed.signal.key == refused.signal.key
    assert (refused.signal.body, refused.signal.lookups, refused.signal.facts) == (b"", [], None)
    assert refused.signal.visits == allowed.signal.visits


@tried(1.5)
@given(
    st.lists(st.tuples(ITEMS, CHANNELS, RULES, st.sampled_from([ALLOWED, UNDECIDED, BARE, DROPPED, ENDED])), max_size=5)
)
def test_what_is_sealed_together_is_sealed_as_if_alone(brought):
    judged = [
        Judged(an_arrival(item, channel=channel, rules=rules, index=index), permission)
        for index, (item, channel, rules, permission) in enumerate(brought)
    ]
    assert Sealer().seal(judged) == [sealed for one in judged for sealed in Sealer().seal([one])]


@tried(3)
@given(ITEMS, RULES, RATES)
def test_whatever_a_pixel_s_rules_only_what_they_allow_leaves(item, rules, rates):
    item = msgspec.structs.replace(item, event_time=1_790_000_000)
    sealed = seal(an_arrival(item, rules=rules), rates=rates)
    properties = sealed.body.get("properties", {})
    allowed = (
        set(rules.parameters or Properties.__struct_fields__)
        - set(PARTS)
        - (set(RESTRICTED_NAMES) if rules.restricted else set())
    )
    assert set(properties) <= allowed
    assert properties.get("currency", "EUR") in LISTED
    for content in properties.get("contents", []):
        assert set(content).isdisjoint({*PRODUCT_IDS, *(RESTRICTED_NAMES if rules.restricted else ())})
    for url in sealed.body.get("page", {}).values():
        assert not rules.restricted or (url.count("/") == 3 and url.endswith("/") and not set("?#;@") & set(url))
    assert sealed.signal.event_id == seal(an_arrival(item)).signal.event_id


@tried(2)
@given(ITEMS, CHANNELS, MAYBE)
def test_without_identifiers_nothing_of_the_person_is_left(item, channel, client_ip):
    arrival = an_arrival(item, channel=channel, client_ip=client_ip, user_agent="Mozilla/5.0")
    bare, full = seal(arrival, BARE), seal(arrival)
    assert set(bare.user) <= {"country", "locale"}
    assert not any(sign in url for url in bare.body.get("page", {}).values() for sign in "?#;")
    assert unidentified(full.signal.body) == unidentified(bare.signal.body) == bare.signal.body
    assert (bare.signal.facts, bare.signal.match, bare.body.get("lead")) == (None, 0, None)
    assert (bare.signal.key, bare.signal.aliases) == (full.signal.key, full.signal.aliases)


@tried(2)
@given(ITEMS)
def test_a_conversion_is_never_its_own_other_name(item):
    signal = seal(an_arrival(item)).signal
    assert signal.key not in signal.aliases
    assert len(set(signal.aliases)) == len(signal.aliases) <= 3


@tried(2)
@given(ITEMS)
def test_what_must_be_hashed_is_hashed_on_the_wire(item):
    user = seal(an_arrival(item)).user
    for field in ("email", "phone", "external_id", "first_name", "last_name", "zip_code"):
        value = user.get(field, [])
        digests = [value] if isinstance(value, str) else value
        assert all(is_hashed(digest) and digest == digest.lower() for digest in digests)
        assert len(set(digests)) == len(digests)


LETTERS = "bcdfghjklmnpqrstvwxz"
NAMES = st.text(LETTERS, min_size=8, max_size=14).map(str.title) | st.just("Zoë-Žanetaø")
EMAILS = st.builds("{}.{}@{}.example".format, NAMES, st.text(LETTERS + "0123456789+", min_size=3, max_size=9), NAMES)
DIGITS = st.text("0123456789", min_size=7, max_size=7)
PHONES = st.builds(
    str.format,
    st.sampled_from(
        [
            "+4479{}0",
            "0044 79 {}0",
            "079{}0",
            "(079) {}-0",
            "+44 (0)79 {}0",
            "tel:+44-79-{}-0",
            "0\uff17\uff19{}0",
            "+1 213 {}",
        ]
    ),
    DIGITS,
)
PLACES = st.sampled_from(
    [
        "https://shop.example/?email={}&order=1",
        "https://shop.example/?ref={}",
        "https://shop.example/?ref=a+{}+b&ttclid=E.C.P.x",
        "https://shop.example/p/{}/q?x=1",
        "https://shop.example/p#ref={}",
        "https://shop.example/#/p/{}",
        "https://{}@shop.example/p",
        "https://shop.example/?next=%2Fp%3Fa%3D{}",
        "https://shop.example/?{}=1",
        "https://shop.example/p;x={};y=1",
        "{}",
    ]
)
ENCODINGS = st.sampled_from([str, quote, lambda text: quote(text, safe=""), lambda text: quote(quote(text, safe=""))])
SENTENCES = st.sampled_from(["{}", "for {}!", "({})", "call {} now", "<{}>", "\n{}\n", "für {}"])


@st.composite
def leaky_items(draw):
    """Give an item whose sender put the visitor's identifiers into every place they do not belong."""
    email, phone, first, last = draw(EMAILS), draw(PHONES), draw(NAMES), draw(NAMES)
    either = st.sampled_from([email, email.upper(), phone])

    def in_url():
        return draw(PLACES).replace("{}", draw(ENCODINGS)(draw(either)))

    def in_text():
        return draw(SENTENCES).replace("{}", draw(either | st.just(quote(email))))

    item = Item(
        event="Purchase",
        event_time=1_790_000_000,
        event_id=draw(st.sampled_from([None, email, f"order-{email}", "+447911123456", quote(email)])),
        order_id=draw(st.sampled_from([None, "1001", email, f"{quote(email)}-1"])),
        user=User(
            email=[email, email.upper()],
            phone=[phone],
            external_id=email,
            first_name=first,
            last_name=f" {last.upper()}",
            city=draw(st.sampled_from([email, phone])),
            ttclid=draw(st.sampled_from([None, email, quote(email)])),
            locale=email,
            user_agent=f"Bot (+{email})",
            country="GB",
        ),
        page=Page(url=in_url(), referrer=f"{in_url()}&first_name={first}&customer[last_name]={quote(last.upper())}"),
        properties=Properties(
            description=in_text(),
            search_string=in_text(),
            content_ids=[email],
            contents=[Content(content_name=in_text())],
        ),
        visitor_id=email,
        cart_token=phone,
        lead=Lead(lead_id=email, lead_event_source=in_text()),
    )
    return item, email, phone, (first, last)


@tried(4)
@given(leaky_items())
def test_no_raw_identifier_is_ever_in_a_signal(leaky):
    item, email, phone, names = leaky
    sealed = seal(an_arrival(item, idempotency="r"))
    stored = msgspec.msgpack.encode(sealed.signal).decode("utf-8", "replace").lower()
    told = msgspec.json.encode(sealed.notices).decode().lower()
    digits = "".join(filter(str.isdigit, phone)).lstrip("0")
    needles = {email, quote(email), quote(email, safe=""), phone, quote(phone), digits, *names, *map(quote, names)}
    for needle in needles:
        assert needle.lower() not in stored
        assert needle.lower() not in told


SAFE = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789-._~!$'(),", max_size=20)
PARAMETERS = st.sampled_from(["utm_source", "utm_campaign", "q", "ttclid", "gclid", "v", "page", "order", "ids[]"])
CLEAN_URLS = st.builds(
    lambda path, query, fragment: "https://shop.example" + path + query + fragment,
    st.lists(SAFE.map(lambda segment: f"/{segment}"), max_size=4).map("".join),
    st.lists(st.builds("{}={}".format, PARAMETERS, SAFE), max_size=5).map("&".join).map(lambda query: f"?{query}"),
    st.just("") | st.text("abcdefghij", max_size=8).map(lambda fragment: f"#{fragment}"),
).filter(lambda url: sum(map(str.isdigit, url)) < 7)


@given(CLEAN_URLS)
def test_an_address_without_anything_personal_stays_byte_for_byte(url):
    assert scrubbed_url(url, "+447911123456") == url


@tried(3)
@given(PLACES, ENCODINGS, EMAILS | PHONES | TEXT)
def test_scrubbing_an_address_twice_changes_nothing_more(place, encoded, text):
    once = scrubbed_url(place.replace("{}", encoded(text)), "+447911123456")
    assert scrubbed_url(once, "+447911123456") == once


@given(st.lists(TEXT, max_size=4).map(" ".join))
def test_scrubbing_text_twice_changes_nothing_more_and_leaves_no_address(text):
    once = without_personal(text, ("1123456",))
    assert without_personal(once, ("1123456",)) == once
    assert not has_email(once)


@given(TEXT)
@example("İZMİR")
@example("ΟΔΟΣ")
@example("e\u0301-\u0301")
def test_normalising_twice_changes_nothing_more(text):
    for normal in (normal_name, normal_city, normal_zip):
        assert normal(normal(text)) == normal(text)


@given(st.text(st.characters(categories=["Lu", "Ll", "Lt", "Lm", "Lo"]), min_size=1))
@example("İZMİR")
@example("ΟΔΟΣ")
@example("\u212b")
def test_a_word_by_itself_is_read_as_it_is_between_signs(word):
    assert normal_name(word) == normal_name(f"{word}!")
    assert normal_city(word) == normal_city(f"{word}!")


@given(st.text("0123456789", min_size=1, max_size=70))
def test_a_postcode_of_digits_alone_is_hashed_as_one_with_spaces_is(digits):
    assert seal(zip_code=digits, country="DE").user.get("zip_code") == seal(
        zip_code=f" {digits} ", country="DE"
    ).user.get("zip_code")


@given(st.text("0123456789abcdefABCDEF", min_size=64, max_size=64), st.sampled_from(["", " ", "\n"]))
def test_what_is_hashed_already_passes_in_lower_case(digest, space):
    typed = f"{space}{digest}{space}"
    sealed = seal(**dict.fromkeys(("email", "phone", "external_id", "first_name", "last_name", "zip_code"), typed))
    assert set(sealed.user.values()) - {sealed.user["ttclid"]} == {digest.lower()}


@given(st.lists(st.sampled_from([f"{name}@shop.example" for name in "abcd"]), min_size=2, max_size=8))
def test_several_values_keep_their_order_and_none_comes_twice(emails):
    each = [seal(email=email).user["email"] for email in dict.fromkeys(emails)]
    assert seal(email=emails).user["email"] == (each if len(each) > 1 else each[0])


@given(ITEMS)
def test_a_repeat_of_the_same_item_is_the_same_signal(item):
    arrival = an_arrival(item)
    assert seal(arrival, ALLOWED) == seal(arrival, ALLOWED)
