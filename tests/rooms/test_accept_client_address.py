import pytest

from twinbeam.core.errors import ConfigError
from twinbeam.pipeline.accept.client_address import NO_PROXIES, Proxies, country_code

PROXIES = Proxies(["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("192.0.2.1", " 203.0.113.9 ", "203.0.113.9"),
        ("192.0.2.2", "203.0.113.9", "192.0.2.2"),
        ("2001:db8::1", "2a00:1450::5", "2a00:1450::5"),
        ("::ffff:10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2a00:1450::5]:443", "2a00:1450::5"),
        ("10.0.0.1", "", None),
        ("10.0.0.1", "10.0.0.2", None),
        ("10.0.0.1", "203.0.113.9, unknown", None),
        ("10.0.0.1", ",", None),
        ("", "203.0.113.9", None),
    ],
)
def test_the_visitor_is_the_right_most_address_that_no_listed_proxy_has(peer, forwarded, client):
    assert PROXIES.client_ip(peer, forwarded) == client


def test_without_listed_proxies_nobody_is_believed():
    assert NO_PROXIES.client_ip("10.0.0.1", "203.0.113.9") == "10.0.0.1"


@pytest.mark.parametrize("text", ["", "nginx", "10.0.0.1/8", "10.0.0.0/99"])
def test_a_proxy_that_is_no_network_is_a_mistake_of_the_operator(text):
    with pytest.raises(ConfigError):
        Proxies([text])


@pytest.mark.parametrize(
    ("peer", "believed"),
    [("10.1.2.3", True), ("::ffff:10.0.0.1", True), ("192.0.2.1", True), ("192.0.2.2", False), ("", False)],
)
def test_only_a_listed_proxy_is_believed_about_anything_else(peer, believed):
    assert PROXIES.believed(peer) is believed
    assert not NO_PROXIES.believed(peer)


@pytest.mark.parametrize(
    ("written", "country"),
    [(b"DE", "DE"), (b" de ", "DE"), (b"XX", None), (b"T1", None), (b"", None), (b"DEU", None), (b"\xff\xff", None)],
)
def test_a_country_has_two_letters(written, country):
    assert country_code(written) == country
