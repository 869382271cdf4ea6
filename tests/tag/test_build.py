"""The built tag in the package is what its source builds, its types hold, and its own unit tests pass."""

import json
import subprocess
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from twinbeam.pipeline.accept.tag.files import built

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "tag"
PACKAGED = ROOT / "src" / "twinbeam" / "pipeline" / "accept" / "tag" / "built"


def ran(*command: str | Path) -> str:
    assert (SOURCE / "node_modules").is_dir(), "run scripts/need-tag"
    done = subprocess.run([str(word) for word in command], cwd=SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_files_in_the_package_are_what_the_source_builds(tmp_path):
    ran("node", "build.mjs", tmp_path)
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert made == {file.name: file.read_bytes() for file in PACKAGED.iterdir()}


def test_the_types_of_the_source_hold():
    ran(SOURCE / "node_modules" / ".bin" / "tsc", "--noEmit")


def test_the_units_of_the_source_do_what_they_promise():
    told = ran("node", "test.mjs")
    assert "# fail 0" in told
    assert int(told.partition("# pass ")[2].split()[0]) >= 10


def test_every_file_keeps_its_names_to_itself():
    for file, text in built().texts.items():
        assert text.startswith(b"(()=>{"), file
        assert text.endswith(b"})();"), file


def test_a_file_has_the_integrity_that_the_build_says():
    its = built()
    for file, text in its.texts.items():
        assert its.manifest.integrity[file] == "sha256-" + b64encode(sha256(text).digest()).decode()


def test_the_lock_holds_the_hash_of_every_package():
    packages = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
