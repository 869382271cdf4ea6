"""Passwords: what may be chosen, and what their hashes are."""

import pytest

from twinbeam.admin import passwords
from twinbeam.admin.errors import Invalid


def test_a_hash_is_argon2id_at_its_recommended_cost_and_salted():
    one, other = passwords.hashed("four words in a row"), passwords.hashed("four words in a row")
    assert one.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert one != other
    assert passwords.matches(one, "four words in a row")
    assert not passwords.matches(one, "four words in a rov")


@pytest.mark.parametrize("kept", ["", "x", "$argon2id$broken", "$2b$12$abcdefghijklmnopqrstuv"])
def test_what_is_no_hash_is_nobodys_password(kept):
    assert not passwords.matches(kept, "nobody's password")
    assert not passwords.matches(kept, "")


def test_a_password_beyond_the_longest_is_never_right():
    longest = "ab cd ef " * 22
    assert len(longest) <= passwords.MOST_CHARS
    kept = passwords.hashed(longest)
    assert passwords.matches(kept, longest)
    assert not passwords.matches(kept, longest + "x" * 10_000)


@pytest.mark.parametrize("good", ["four words in a row", "пароль из слов", "1a2b3c4d5e", "x" * 5 + "abcdef"])
def test_long_ones_with_several_characters_may_be_chosen(good):
    passwords.check(good, "ada")


@pytest.mark.parametrize("bad", ["", "short", "aaaaaaaaaaaaaa", "abababababab", "x" * 201, "Ada.Lovelace"])
def test_others_may_not(bad):
    with pytest.raises(Invalid):
        passwords.check(bad, "ada.lovelace")
