"""`twinbeam users`, as somebody types it."""

import re

import pytest
from click.testing import CliRunner

from twinbeam.admin import sessions
from twinbeam.cli.main import twinbeam
from twinbeam.cli.setup import opened_admin
from twinbeam.core.errors import TwinbeamError


@pytest.fixture(autouse=True)
def at_home(monkeypatch, tmp_path):
    monkeypatch.setenv("TWINBEAM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TWINBEAM_KEYRING", str(tmp_path / "keyring.json"))
    with opened_admin(begins=True):
        pass


def told(*arguments):
    done = CliRunner().invoke(twinbeam, ["users", *arguments])
    if isinstance(done.exception, TwinbeamError):
        return str(done.exception)
    assert done.exit_code == 0, done.output
    return done.stdout


def link(*arguments):
    """Give the token of the link that a command prints, alone on standard output."""
    return re.fullmatch(r"http://127\.0\.0\.1:8701/welcome/([\w-]{43})\n", told(*arguments))[1]


def accept(token, name="ada"):
    with opened_admin() as admin:
        sessions.accept(admin, token, name, "hash")


def test_a_list_of_nobody_teaches_how_to_begin():
    assert told("list") == "No user yet. Make a link for the first owner:  twinbeam users link\n"


def test_a_link_makes_an_owner_and_another_one_gives_them_a_new_password():
    accept(link("link"))
    accept(link("link", "ada"), "")
    listed = told("list")
    assert re.search(r"^ada +owner +all +\d{4}-\d\d-\d\d \d\d:\d\d active$", listed, re.MULTILINE)
    assert "There is no user of this name" in told("link", "ghost")


def test_a_user_is_invited_changed_disabled_and_enabled():
    accept(link("link"))
    accept(link("invite", "grace"), "")
    assert told("role", "grace", "viewer", "--workspace", "main") == "grace is now viewer of workspace main.\n"
    assert told("disable", "grace").startswith("grace is disabled and signed out.")
    assert re.search(r"^grace +viewer +main .* disabled$", told("list"), re.MULTILINE)
    assert told("enable", "grace") == "grace may sign in again.\n"
    assert "ada is the only owner" in told("disable", "ada")


def test_a_link_for_a_client_is_listed_and_revoked():
    link("show", "main", "--for", "Hats Ltd", "--days", "3")
    number = re.search(r"^ +(\d+) workspace +Hats Ltd .* viewer of main$", told("list"), re.MULTILINE)[1]
    assert told("revoke", number) == f"Link {number} is revoked.\n"
    assert "Hats Ltd" not in told("list")
    assert "no valid link" in told("revoke", number)


def test_links_begin_with_where_people_reach_the_pages(monkeypatch):
    monkeypatch.setenv("TWINBEAM_PUBLIC_URL", "https://pages.example/")
    assert told("link").startswith("https://pages.example/welcome/")
