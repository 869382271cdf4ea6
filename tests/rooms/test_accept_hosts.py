import pytest

from twinbeam.pipeline.accept.hosts import belongs, host_of, plain_host

SHOP = frozenset({"shop.example"})


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://shop.example/thanks?x=1", "shop.example"),
        ("https://shop.example", "shop.example"),
        ("HTTPS://WWW.Shop.Example:8443/x", "www.shop.example"),
        ("http://shop.example.", "shop.example"),
        ("https://shop.example?x", "shop.example"),
        ("https://shop.example#x", "shop.example"),
        ("https://shop.example@evil.example/", "evil.example"),
        ("https://evil.example\\@shop.example/", "evil.example"),
        ("https://evil.example\\.shop.example/", "evil.example"),
        ("https://evil.example/@shop.example", "evil.example"),
        ("https://a:b@c@evil.example/", "evil.example"),
        ("https://[2001:db8::1]:8700/x", "[2001:db8::1]"),
        ("https://MÜLLER.example/", "xn--mller-kva.example"),
        ("https://xn--mller-kva.example/", "xn--mller-kva.example"),
        ("https://shop .example/", ""),
        ("//shop.example/", ""),
        ("/thanks", ""),
        ("shop.example", ""),
        ("mailto:ada@shop.example", ""),
        ("null", ""),
        ("", ""),
        ("https://", ""),
        ("https://" + "ü" * 300 + ".example", ""),
    ],
)
def test_a_host_is_what_a_browser_would_connect_to(url, host):
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("shop.example", True),
        ("www.shop.example", True),
        ("a.b.shop.example", True),
        ("notshop.example", False),
        ("shop.example.evil.example", False),
        ("example", False),
        ("", False),
    ],
)
def test_a_host_belongs_to_those_named_and_to_what_lies_above_it(host, inside):
    assert belongs(host, SHOP) is inside


@pytest.mark.parametrize("written", ["https://shop.example", "*.shop.example", "shop.example/x", "shop example", " "])
def test_what_is_no_host_is_none(written):
    assert plain_host(written) == ""


def test_a_host_is_no_longer_than_dns_allows():
    assert plain_host(f"{'x' * 60}." * 4 + "shop.test") == f"{'x' * 60}." * 4 + "shop.test"
    assert plain_host("x" * 254) == plain_host("x" * 10_000) == ""
