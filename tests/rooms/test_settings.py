"""What the environment holds beside the settings, and settings that cannot be: told apart, with the fix."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinbeam.core.errors import ConfigError
from twinbeam.settings import TIKTOK_URL, VARIABLES, in_force, load, spelled_out
from twinbeam.surroundings import is_loopback

pytestmark = pytest.mark.outside("environment")

#: What Kubernetes 1.30 sets in a pod beside services "twinbeam" (ports http and 8443) and "twinbeam-pages".
POD = {
    "TWINBEAM_SERVICE_HOST": "10.96.41.7",
    "TWINBEAM_SERVICE_PORT": "8700",
    "TWINBEAM_SERVICE_PORT_HTTP": "8700",
    "TWINBEAM_PORT": "tcp://10.96.41.7:8700",
    "TWINBEAM_PORT_8700_TCP": "tcp://10.96.41.7:8700",
    "TWINBEAM_PORT_8700_TCP_PROTO": "tcp",
    "TWINBEAM_PORT_8700_TCP_PORT": "8700",
    "TWINBEAM_PORT_8700_TCP_ADDR": "10.96.41.7",
    "TWINBEAM_PAGES_SERVICE_HOST": "fd00:10:96::2f",
    "TWINBEAM_PAGES_SERVICE_PORT": "8701",
    "TWINBEAM_PAGES_PORT": "udp://[fd00:10:96::2f]:8701",
    "TWINBEAM_PAGES_PORT_8701_UDP": "udp://[fd00:10:96::2f]:8701",
    "TWINBEAM_PAGES_PORT_8701_UDP_PROTO": "udp",
    "TWINBEAM_PAGES_PORT_8701_UDP_PORT": "8701",
    "TWINBEAM_PAGES_PORT_8701_UDP_ADDR": "fd00:10:96::2f",
}
SETTINGS = {"TWINBEAM_DATA": "/var/lib/twinbeam", "TWINBEAM_KEYRING": "/etc/twinbeam/keyring.json"}


def refusal(**environ):
    with pytest.raises(ConfigError) as refused:
        load(SETTINGS | environ)
    return str(refused.value)


def test_what_kubernetes_sets_for_a_service_of_our_name_is_no_setting():
    assert load(SETTINGS | POD) == load(SETTINGS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TWINBEAM_PORT", "8700"),
        ("TWINBEAM_PORT", "http://10.0.0.1:8700"),
        ("TWINBEAM_LISTEN_PORT", "8700"),
        ("TWINBEAM_SERVICE_HOST", "gateway.example"),
        ("TWINBEAM_SERVICE_PORT", "http"),
        ("TWINBEAM_DATA_FOLDER", "tcp://10.0.0.1:1"),
    ],
)
def test_what_only_resembles_it_is_still_told(name, value):
    assert f"{name} is not a setting" in refusal(**{name: value})


def test_a_setting_is_suggested_only_where_the_name_behind_the_prefix_is_close():
    assert "did you mean TWINBEAM_LISTEN" in refusal(TWINBEAM_LISTN="127.0.0.1:1")
    assert "did you mean" not in refusal(TWINBEAM_FOO="1")


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
@pytest.mark.parametrize(
    ("around", "told"),
    [
        ('"{}"', "write it without them"),
        ("'{}'", "write it without them"),
        ('{}"', "write it without them"),
        ("{}\r", "Unix line ends"),
        (" {}", "a space around it"),
        ("{} ", "a space around it"),
        ("{}\x00", "cannot be seen"),
        ("\ufeff{}", "cannot be seen"),
    ],
)
def test_what_an_env_file_leaves_around_a_value_is_told_and_never_used(variable, around, told):
    text = around.format(variable.default or "10.0.0.1")
    said = refusal(**{variable.variable: text})
    assert said.startswith(f"{variable.variable}=")
    assert told in said
    assert said.isprintable()


def test_a_path_may_hold_blanks_and_any_letters():
    odd = "/srv/Ada's shop/ünïcode 商店"
    assert str(load(SETTINGS | {"TWINBEAM_DATA": odd}).data) == odd


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("JOIN_WINDOW_SECONDS", "-1", "from 0 to 86400"),
        ("JOIN_WINDOW_SECONDS", "-0.01", "from 0 to 86400"),
        ("JOIN_WINDOW_SECONDS", "86400.001", "from 0 to 86400"),
        ("JOIN_WINDOW_SECONDS", "nan", "number of seconds"),
        ("JOIN_WINDOW_SECONDS", "1e400", "number of seconds"),
        ("BATCH_DELAY_SECONDS", "-5", "from 0 to 3600"),
        ("BATCH_DELAY_SECONDS", "1e9", "from 0 to 3600"),
        ("IN_FLIGHT", "0", "at least 1"),
        ("IN_FLIGHT", "-4", "at least 1"),
        ("IN_FLIGHT", "101", "at most 100"),
        ("INGEST_PROCESSES", "100000", "at most 256"),
        ("JOURNAL_CAP_MB", "-1", "at least 1"),
        ("JOURNAL_CAP_MB", str(10**30), "at most 1073741824"),
        ("DISK_RESERVE_MB", str(2**64), "at most 1073741824"),
        ("LISTEN", "127.0.0.1:-1", "at least 0"),
        ("LISTEN", "127.0.0.1:8701", "give each its own port"),
        ("TIKTOK_URL", "http://business-api.tiktok.com", "write https://"),
        ("TIKTOK_URL", "http://10.0.0.8:8702", "write https://"),
        ("TIKTOK_URL", "http://localhost.example:8702", "write https://"),
        ("TIKTOK_URL", "http://127.0.0.1.example", "write https://"),
        ("TIKTOK_URL", "http://127.0.0.1@tiktok.example", "scheme, host and port alone"),
        ("TIKTOK_URL", "https://business-api.tiktok.com?x=1", "scheme, host and port alone"),
        ("TIKTOK_URL", "https://", "must begin with https://"),
        ("TIKTOK_URL", "ftp://127.0.0.1", "must begin with https://"),
        ("TIKTOK_URL", "https://[::1", "is no address"),
        ("TIKTOK_URL", "https://tiktok.example:port", "is no address"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_field_and_the_fix(name, value, told):
    said = refusal(**{f"TWINBEAM_{name}": value})
    assert f"TWINBEAM_{name}" in said
    assert told in said


@given(st.text(max_size=30), st.sampled_from(VARIABLES))
def test_no_value_leads_to_anything_but_settings_or_a_sentence(text, variable):
    said = "TWINBEAM_ is fine"
    try:
        load(SETTINGS | {variable.variable: text})
    except ConfigError as error:
        said = str(error)
    assert said.startswith("TWINBEAM_")
    assert said.isprintable()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8702", "http://[::1]:8702", "HTTP://LOCALHOST", "http://a.localhost"]
)
def test_plain_http_is_for_this_machine(url):
    assert load(SETTINGS | {"TWINBEAM_TIKTOK_URL": url}).tiktok_url == url


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org", "", "127.0.0.1.example", "2130706433"])
def test_what_others_reach_is_no_loopback(host):
    assert not is_loopback(host)


def test_without_a_home_folder_the_default_is_told_with_what_to_set(monkeypatch):
    assert "set TWINBEAM_DATA and TWINBEAM_KEYRING" in homeless({"HOME": ""})
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", nobody_there)
    assert f"uid {os.getuid()}" in homeless({})
    assert load(SETTINGS).data.is_absolute()


def homeless(environ):
    with pytest.raises(ConfigError) as refused:
        load(environ)
    return str(refused.value)


def nobody_there(uid):
    raise KeyError(uid)


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, "http://proxy.example:3128"),
        ({"HTTPS_PROXY": "proxy.example:3128"}, "http://proxy.example:3128"),
        ({"ALL_PROXY": "http://all.example:1"}, "http://all.example:1"),
        ({"https_proxy": "http://small.example:1", "HTTPS_PROXY": "http://large.example:2"}, "http://small.example:1"),
        ({"HTTPS_PROXY": "", "ALL_PROXY": "http://all.example:1"}, "http://all.example:1"),
        ({"HTTP_PROXY": "http://plain.example:1"}, ""),
        ({"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": "business-api.tiktok.com"}, ""),
        ({"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": "shop.example, .tiktok.com"}, ""),
        ({"HTTPS_PROXY": "http://p.example:1", "no_proxy": "*"}, ""),
        ({"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": "tok.com,shop.example"}, "http://p.example:1"),
        ({"HTTPS_PROXY": "http://p.example:1", "TWINBEAM_TIKTOK_URL": "http://127.0.0.1:8702"}, ""),
        ({"HTTPS_PROXY": "http://p.example:1", "TWINBEAM_TIKTOK_URL": "https://[::1]:8702"}, ""),
    ],
)
def test_a_proxy_is_taken_from_where_programs_look_for_it(environ, proxy):
    assert load(SETTINGS | environ).proxy == proxy


@pytest.mark.parametrize(
    "address", ["socks5://ada:s3cret@p.example:1", "http://ada:s3cret@", "//ada:s3cret@p:x", "ada:s3cret@p.example:1\r"]
)
def test_a_proxy_that_cannot_be_is_told_without_its_password(address):
    said = refusal(HTTPS_PROXY=address)
    assert said.startswith("HTTPS_PROXY=")
    assert "such as http://proxy.example:3128" in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    "address", ["http://ada:s3cret@p.example:1", "ada:s3cret@p.example:1", "http://ada:s3/c@ret@p.example:1"]
)
def test_the_password_of_a_proxy_is_never_shown(address):
    shown = dict(in_force(SETTINGS | {"HTTPS_PROXY": address}))["HTTPS_PROXY"]
    assert shown.endswith("***@p.example:1")
    assert "ada" not in shown
    assert "HTTPS_PROXY" not in spelled_out({"HTTPS_PROXY": address})


def test_nothing_else_is_in_force_by_default():
    assert [name for name, _ in in_force({})] == [variable.variable for variable in VARIABLES]
    assert load(SETTINGS).tiktok_url == TIKTOK_URL


def test_the_secret_of_an_app_is_shown_nowhere():
    app = {"TWINBEAM_TIKTOK_APP_ID": "7000000000000000201", "TWINBEAM_TIKTOK_APP_SECRET": "secret-of-the-app"}
    assert load(SETTINGS | app).tiktok_app_secret == "secret-of-the-app"
    assert "secret-of-the-app" not in repr([in_force(SETTINGS | app), spelled_out(SETTINGS | app)])
    assert ("TWINBEAM_TIKTOK_APP_SECRET", "(set)") in in_force(SETTINGS | app)
    refused = refusal(TWINBEAM_TIKTOK_APP_ID="7000000000000000201", TWINBEAM_TIKTOK_APP_SECRET="a secret")
    assert "a secret" not in refused


def test_an_app_without_its_secret_is_told():
    assert "belong together" in refusal(TWINBEAM_TIKTOK_APP_ID="7000000000000000201")
