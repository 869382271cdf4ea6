"""Sealing at rest: who may read the key file, what opens what, and what happens when a key is gone."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinbeam.core.errors import ConfigError, StorageDamaged
from twinbeam.engines.keyring import DayKeys, KeyRing, _create

OLD, NEW = b"\x01" * 32, b"\x02" * 32


def write_ring(path: Path, *keys: tuple[object, object], mode: int = 0o600) -> Path:
    entries = [{"id": name, "key": b64encode(key).decode() if isinstance(key, bytes) else key} for name, key in keys]
    path.write_text(json.dumps({"keys": entries}))
    path.chmod(mode)
    return path


def day_keys(ring: KeyRing, kept: dict[int, bytes]) -> DayKeys:
    return DayKeys(ring, load=kept.get, save=kept.__setitem__)


def test_a_key_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "etc" / "keyring.json"
    KeyRing.open_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_a_ring_opens_what_it_sealed_before_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    sealed = KeyRing.open_or_create(path).seal(b"secret", b"context")
    assert KeyRing.open_or_create(path).open_sealed(sealed, b"context") == b"secret"


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660])
def test_a_key_file_that_others_may_read_is_refused_with_the_fix(tmp_path: Path, mode: int) -> None:
    path = write_ring(tmp_path / "keyring.json", ("k1", OLD), mode=mode)
    with pytest.raises(ConfigError, match=f"chmod 600 {path}"):
        KeyRing.open(path)


def test_a_missing_key_file_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="TWINBEAM_KEYRING"):
        KeyRing.open(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '{"keys": 5}',
        '{"keys": []}',
        '{"keys": [{"id": "k1"}]}',
        '{"keys": [{"id": "k1", "key": "not base64!"}]}',
        '{"keys": [{"id": "k1", "key": "c2hvcnQ="}]}',
        "\x00\xff",
    ],
)
def test_a_damaged_key_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keyring.json"
    path.write_bytes(content.encode("latin-1"))
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=str(path)):
        KeyRing.open(path)


@pytest.mark.parametrize("name", [7, None, "", "k" * 256])
def test_a_key_whose_name_no_sealed_value_could_carry_is_refused(tmp_path: Path, name: object) -> None:
    with pytest.raises(ConfigError, match="id of 1 to 255 bytes"):
        KeyRing.open(write_ring(tmp_path / "keyring.json", (name, OLD)))


def test_two_keys_of_one_name_are_refused(tmp_path: Path) -> None:
    """Only one of them would open, and nobody could tell which."""
    path = write_ring(tmp_path / "keyring.json", ("k1", NEW), ("k1", OLD))
    with pytest.raises(ConfigError, match="k1"):
        KeyRing.open(path)


def test_the_newest_key_seals_and_older_ones_still_open(tmp_path: Path) -> None:
    before = KeyRing.open(write_ring(tmp_path / "before.json", ("old", OLD)))
    rotated = KeyRing.open(write_ring(tmp_path / "after.json", ("new", NEW), ("old", OLD)))
    assert rotated.open_sealed(before.seal(b"secret", b""), b"") == b"secret"
    with pytest.raises(StorageDamaged, match="lacks the key"):
        before.open_sealed(rotated.seal(b"secret", b""), b"")


def test_a_key_that_was_taken_away_opens_nothing(tmp_path: Path) -> None:
    sealed = KeyRing([("old", OLD)]).seal(b"secret", b"")
    with pytest.raises(StorageDamaged, match="put back its backup"):
        KeyRing([("new", NEW)]).open_sealed(sealed, b"")


def test_another_key_under_the_same_name_opens_nothing() -> None:
    sealed = KeyRing([("k1", OLD)]).seal(b"secret", b"")
    with pytest.raises(StorageDamaged):
        KeyRing([("k1", NEW)]).open_sealed(sealed, b"")


def test_what_was_sealed_for_one_place_does_not_open_at_another() -> None:
    ring = KeyRing([("k1", OLD)])
    with pytest.raises(StorageDamaged):
        ring.open_sealed(ring.seal(b"secret", b"here"), b"there")


def test_sealing_twice_gives_different_bytes() -> None:
    ring = KeyRing([("k1", OLD)])
    assert ring.seal(b"secret", b"") != ring.seal(b"secret", b"")


@given(st.binary(max_size=200))
def test_bytes_that_were_never_sealed_are_damage(junk: bytes) -> None:
    ring = KeyRing([("k1", OLD)])
    with pytest.raises(StorageDamaged):
        ring.open_sealed(junk, b"")
    with pytest.raises(StorageDamaged):
        day_keys(ring, {}).open_sealed(junk, b"")


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_one_changed_byte_anywhere_is_damage(position: int, change: int) -> None:
    keys = day_keys(KeyRing([("k1", OLD)]), {})
    sealed = bytearray(keys.seal(20_000, b"secret", b"context"))
    sealed[position % len(sealed)] ^= change
    with pytest.raises(StorageDamaged):
        keys.open_sealed(bytes(sealed), b"context")


@given(st.integers(min_value=0, max_value=49))
def test_a_sealed_value_that_was_cut_short_is_damage(length: int) -> None:
    keys = day_keys(KeyRing([("k1", OLD)]), {})
    sealed = keys.seal(20_000, b"a secret of some length", b"")
    assert length < len(sealed)
    with pytest.raises(StorageDamaged):
        keys.open_sealed(sealed[:length], b"")


def test_each_day_has_a_key_of_its_own_made_once() -> None:
    kept: dict[int, bytes] = {}
    keys = day_keys(KeyRing([("k1", OLD)]), kept)
    one, again, other = (keys.seal(day, b"secret", b"") for day in (1, 1, 2))
    assert kept.keys() == {1, 2}
    assert [keys.open_sealed(sealed, b"") for sealed in (one, again, other)] == [b"secret"] * 3


def test_many_are_sealed_each_in_its_own_context_and_with_a_nonce_of_its_own() -> None:
    keys = day_keys(KeyRing([("k1", OLD)]), {})
    one, same, other = keys.seal_all(1, [(b"secret", b"a"), (b"secret", b"a"), (b"another", b"b")])
    assert one != same
    assert [keys.open_sealed(one, b"a"), keys.open_sealed(other, b"b")] == [b"secret", b"another"]
    with pytest.raises(StorageDamaged):
        keys.open_sealed(other, b"a")


def test_nothing_to_seal_makes_no_key() -> None:
    kept: dict[int, bytes] = {}
    assert day_keys(KeyRing([("k1", OLD)]), kept).seal_all(1, []) == []
    assert not kept


def test_a_kept_day_key_is_found_again() -> None:
    ring, kept = KeyRing([("k1", OLD)]), {}
    sealed = day_keys(ring, kept).seal(1, b"secret", b"")
    assert day_keys(ring, kept).open_sealed(sealed, b"") == b"secret"


def test_a_day_key_survives_the_rotation_of_the_ring() -> None:
    kept: dict[int, bytes] = {}
    sealed = day_keys(KeyRing([("old", OLD)]), kept).seal(1, b"secret", b"")
    rotated = KeyRing([("new", NEW), ("old", OLD)])
    assert day_keys(rotated, kept).open_sealed(sealed, b"") == b"secret"


def test_destroying_a_days_key_destroys_what_it_sealed_and_nothing_else() -> None:
    ring, kept = KeyRing([("k1", OLD)]), {}
    keys = day_keys(ring, kept)
    gone, stays = keys.seal(1, b"secret", b""), keys.seal(2, b"secret", b"")
    del kept[1]
    keys = day_keys(ring, kept)
    with pytest.raises(StorageDamaged, match="destroyed"):
        keys.open_sealed(gone, b"")
    assert keys.open_sealed(stays, b"") == b"secret"


def test_a_day_key_copied_to_another_day_opens_nothing() -> None:
    ring, kept = KeyRing([("k1", OLD)]), {}
    day_keys(ring, kept).seal(1, b"secret", b"")
    kept[2] = kept[1]
    with pytest.raises(StorageDamaged):
        day_keys(ring, kept).seal(2, b"secret", b"")


def test_of_two_processes_that_make_a_ring_at_once_the_first_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    _create(path)
    first = path.read_bytes()
    _create(path)  # the other one looked before the first was done
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


_STARTER = """
import sys
from pathlib import Path
from twinbeam.engines.keyring import KeyRing

sys.stdin.read(1)
print(KeyRing.open_or_create(Path(sys.argv[1])).seal(b"secret", b"").hex())
"""


def test_processes_that_start_at_once_share_one_ring(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keyring.json"
    command = [sys.executable, "-c", _STARTER, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    starters = [subprocess.Popen(command, **pipes) for _ in range(3)]
    for starter in starters:
        starter.stdin.write("g")
        starter.stdin.flush()
    sealed = [starter.communicate(timeout=30)[0].strip() for starter in starters]
    ring = KeyRing.open(path)
    assert [ring.open_sealed(bytes.fromhex(text), b"") for text in sealed] == [b"secret"] * 3
    assert list(path.parent.iterdir()) == [path]


def test_a_draft_that_a_crash_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    """Containers give every process the same number, so a crashed start may have had ours."""
    path = tmp_path / "keyring.json"
    path.with_name(f"{path.name}.{os.getpid()}").write_text("half a key")
    KeyRing.open_or_create(path).seal(b"secret", b"")
