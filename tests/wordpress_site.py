"""
A real WordPress with the plugin, in a folder of its own: its database without a network, PHP's own web server.

WooCommerce is not to be had from a package index, so `tests/wordpress/woocommerce.php` stands in for what the plugin
touches of it. Written from WooCommerce's documentation and not from the plugin.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from running import Answer, Program, ask, ending_with_us, wait_until
from twinbeam.demo.processes import HOST, clean_environment, free_port

ROOT = Path(__file__).resolve().parents[1]
PARTS = Path(__file__).resolve().parent / "wordpress"
PLUGIN = ROOT / "install" / "wordpress" / "twinbeam"
CORE = ROOT / "build" / "wordpress" / "usr" / "share" / "wordpress"
WORDPRESS_NAME = "www.shop.example"


class Site:
    """The site, at its own address behind a shop's web server."""

    def __init__(self, folder: Path, place: str) -> None:
        self.folder = folder
        self.place = place

    def told(self, **what: Any) -> Any:
        """Tell the stand-in something, and hear what it has."""
        answer = self.ask("/standin/", "POST", json.dumps(what).encode())
        assert answer.status == 200, answer.body
        return answer.json

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """Make one request without a browser."""
        return ask(f"http://{self.place}{path}", method, body=body, headers={"Host": WORDPRESS_NAME, **headers})

    def complaints(self) -> list[str]:
        """Read what PHP and WordPress complained of in the plugin; this WordPress is older than its PHP."""
        log = self.folder / "debug.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if "twinbeam" in line.lower() or "woocommerce.php" in line]


def program(*names: str) -> str:
    """Give the path of a program, or skip the test."""
    found = next(
        (path for name in names for path in (shutil.which(name), shutil.which(name, path="/usr/sbin")) if path), None
    )
    if found is None:
        pytest.skip(f"{names[0]} is not here; scripts/need-php fetches it")
    return found


@contextmanager
def a_site() -> Iterator[Site]:
    """Bring WordPress up with the plugin switched on; at the end nothing runs and nothing is left."""
    if not CORE.is_dir():
        pytest.skip("WordPress is not here; scripts/need-php fetches it")
    php, server, maker = program("php"), program("mariadbd", "mysqld"), program("mariadb-install-db")
    with tempfile.TemporaryDirectory(prefix="shop-") as name:  # a socket's path may have 107 characters only
        folder = Path(name)
        _furnish(folder)
        socket = folder / "sql.sock"
        environment = {"SHOP_FOLDER": str(folder), "SHOP_SOCKET": str(socket), "PHP_CLI_SERVER_WORKERS": "2"}
        place = f"{HOST}:{free_port()}"
        with _database(folder, server, maker, socket):
            _ran([php, str(PARTS / "begin.php")], "ready", environment)
            arguments = [php, "-S", place, str(PARTS / "router.php")]
            web = Program(arguments, folder / "php", environment, folder)
            try:
                site = Site(folder, place)
                wait_until(lambda: _answers(site), "WordPress answers")
                yield site
            finally:
                web.stop()


def _answers(site: Site) -> bool:
    try:
        return site.ask("/").status == 200
    except OSError:
        return False


def _furnish(folder: Path) -> None:
    """Lay a site out: WordPress's own files by links, ours beside them."""
    for path in CORE.iterdir():
        if path.name not in ("wp-content", "wp-config.php", ".htaccess"):
            (folder / path.name).symlink_to(path)
    content = folder / "wp-content"
    shutil.copytree(PLUGIN, content / "plugins" / "twinbeam")
    shutil.copytree(PARTS / "theme", content / "themes" / "plain")
    (content / "mu-plugins").mkdir()
    shutil.copy(PARTS / "woocommerce.php", content / "mu-plugins")
    shutil.copy(PARTS / "wp-config.php", folder)


@contextmanager
def _database(folder: Path, server: str, maker: str, socket: Path) -> Iterator[None]:
    data = folder / "sql"
    user = ["--user=root"] if os.geteuid() == 0 else []
    made = [maker, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"]
    _ran([*made, *user], "", {})
    small = ["--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin"]
    arguments = [server, "--no-defaults", f"--datadir={data}", f"--socket={socket}", "--skip-networking", *user, *small]
    with (folder / "sql.log").open("wb") as log:
        process = subprocess.Popen(ending_with_us(arguments), stdout=log, stderr=log, start_new_session=True)
    try:
        wait_until(socket.exists, f"the database comes up; see {folder / 'sql.log'}")
        yield
    finally:
        process.terminate()
        process.wait()


def _ran(arguments: list[str], wanted: str, environment: dict[str, str]) -> None:
    done = subprocess.run(
        arguments, env=clean_environment(environment), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith(wanted), done.stdout
