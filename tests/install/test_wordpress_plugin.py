"""The files of the WordPress plugin: what WordPress reads of them, what linters say, and that nothing is printed raw."""

import re
import subprocess
import sys

import pytest

from wordpress_site import PLUGIN, ROOT, program

pytestmark = pytest.mark.sources("wordpress")


def test_the_plugins_inline_part_is_the_tags():
    build = [sys.executable, PLUGIN.parent / "build.py", "--check"]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", sorted(PLUGIN.glob("*.php")), ids=lambda path: path.name)
def test_the_plugin_is_well_formed_and_keeps_the_rules_that_debian_has(path):
    lint = [program("php"), "-l", path]
    assert subprocess.run(lint, capture_output=True, check=False).returncode == 0
    checked = [program("phpcs"), "--standard=" + str(ROOT / "install" / "wordpress" / "phpcs.xml"), path]
    done = subprocess.run(checked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_everything_that_the_plugin_prints_is_escaped():
    text = (PLUGIN / "twinbeam.php").read_text()
    printed = re.findall(r"\becho\s+([^;]+);|<\?=\s*([^?]+)\?>|\bprint\s+([^;]+);", text)
    said = [next(filter(None, found)).strip() for found in printed]
    assert len(said) >= 10
    assert [it for it in said if not re.match(r"esc_(html|attr|url|js)\(", it)] == []


def test_the_readme_has_what_wordpress_reads():
    readme = (PLUGIN / "readme.txt").read_text()
    plugin = (PLUGIN / "twinbeam.php").read_text()
    head = dict(re.findall(r"^([\w ]+): (.+)$", readme.partition("\n\n")[0], re.MULTILINE))
    version = re.search(r"^ \* Version: +(\S+)$", plugin, re.MULTILINE)[1]
    assert head["Stable tag"] == version
    for name in ("Requires at least", "Requires PHP", "License"):
        assert head[name] == re.search(rf"^ \* {name}: +(.+)$", plugin, re.MULTILINE)[1]
    short = readme.split("\n\n")[1]
    assert len(short) <= 150
    assert len(head["Tags"].split(",")) <= 5
    for section in ("Description", "Installation", "Frequently Asked Questions", "Changelog"):
        assert f"== {section} ==" in readme
