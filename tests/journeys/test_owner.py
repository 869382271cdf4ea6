"""An installation belongs to one account: what root does in another one's folders leaves nothing that stops a gateway."""

import os
import re
import shlex
import shutil
import subprocess

import pytest

from accounts import SOMEBODY, SomebodysGateway, as_somebody, belongs_to_somebody, is_root, needs_root, owners_in, run
from gateway import PIXEL, TOKEN, Gateway, Shop, TikTokSide
from running import PATIENCE_SECONDS
from shoppers import a_purchase
from twinbeam.demo.processes import clean_environment

pytestmark = [pytest.mark.journey, needs_root, *([pytest.mark.outside("owner")] if is_root else [])]

NOWHERE = "http://127.0.0.1:9"
#: Every command that opens the store or the key ring.
COMMANDS = (
    "serve",
    f"pixels add {PIXEL} --token-stdin",
    f"pixels token {PIXEL}",
    "pixels list",
    f"pixels rules {PIXEL}",
    f"pixels set {PIXEL} restricted=true",
    f"pixels test {PIXEL} --off",
    f"rehearse {PIXEL} --test-code TEST123",
    f"pixels remove {PIXEL} --yes",
    f"keys create server --source shop --pixel {PIXEL}",
    "keys list",
    "keys revoke 00000000",
    "workspaces add hats",
    "workspaces list",
    "workspaces set main keep_days=14",
    "audit",
    "find --order-id 1001",
    "release 1001",
    "erase --order-id 1001",
    "export",
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The service's installation, with a pixel and a key; nothing runs. Tests may not change it."""
    folder = belongs_to_somebody(tmp_path_factory.mktemp("service"))
    gateway = SomebodysGateway(folder, NOWHERE, {})
    gateway.told("pixels", "add", PIXEL, "--token-stdin", told=TOKEN)
    gateway.told("keys", "create", "server", "--source", "shop", "--pixel", PIXEL)
    assert owners_in(folder) == {SOMEBODY}
    return gateway


@pytest.fixture
def gateway(installed, tmp_path):
    """The same, to be changed."""
    shutil.copytree(installed.folder, tmp_path / "service")
    return SomebodysGateway(belongs_to_somebody(tmp_path / "service"), NOWHERE, {})


def everything(folder):
    """Give what may not change: names, owners and content, but for the two files that a mere look brings about."""
    files = [path for path in folder.rglob("*") if not path.name.endswith(("-wal", "-shm"))]
    return {path: (path.stat().st_uid, path.read_bytes() if path.is_file() else b"") for path in files}


@pytest.mark.parametrize("command", COMMANDS)
def test_root_is_refused_with_the_command_that_does_it_and_touches_nothing(installed, command):
    gateway = installed
    before = everything(gateway.folder)
    done = run(gateway, *command.split(), told=TOKEN)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert f"The data folder {gateway.data} belongs to uid {SOMEBODY}, and this runs as root" in done.stderr
    words = " ".join(re.findall(r"^[a-z]+(?: [a-z]+\b)?", command))
    assert re.search(rf"-m twinbeam {words}\b", done.stderr), done.stderr
    assert everything(gateway.folder) == before
    assert owners_in(gateway.folder) == {SOMEBODY}


def test_the_sentence_ends_in_the_command_that_works(installed):
    told = run(installed, "pixels", "list").stderr
    mend = shlex.split(told.partition(": run ")[2])
    there = mend.index("env")
    assert mend[:there] == ["setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups"]
    # As written where the service's user may run the program; here the program may lie in root's home.
    done = subprocess.run(
        as_somebody(mend[there:]),
        capture_output=True,
        text=True,
        env=clean_environment({}),
        cwd="/",
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert PIXEL in done.stdout


def test_neither_keys_nor_addresses_of_the_command_line_are_told_again(installed):
    for words in (("keys", "revoke", "tbs_secretsecretsecretsecret"), ("find", "--email", "ada@shop.example")):
        told = run(installed, *words).stderr
        assert told.rstrip().endswith("...")
        assert words[-1] not in told


def test_root_makes_no_installation_inside_somebodys_folder(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    belongs_to_somebody(home)
    gateway = Gateway(home, NOWHERE, {})
    assert "belongs to uid" in run(gateway, "pixels", "add", PIXEL).stderr
    assert list(home.iterdir()) == []


def test_root_has_an_installation_of_its_own(tmp_path):
    gateway = Gateway(tmp_path, NOWHERE, {})
    assert run(gateway, "pixels", "add", PIXEL).returncode == 0
    done = subprocess.run(
        as_somebody([*gateway.command, "pixels", "list"]),
        capture_output=True,
        text=True,
        env=clean_environment(gateway.settings),
        cwd="/",
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert (
        f"belongs to root, and this runs as uid {SOMEBODY}: run sudo chown -R {SOMEBODY}:{SOMEBODY} {gateway.data}"
        in done.stderr
    )


@pytest.mark.parametrize("command", ["serve", "pixels list"])
@pytest.mark.parametrize("name", ["state/directory.json", "state/store.db-wal", "keyring.json"])
def test_what_root_left_behind_is_named_with_the_command_that_gives_it_back(gateway, command, name):
    file = gateway.folder / name
    file.touch(mode=0o600)
    os.chown(file, 0, 0)
    done = gateway.run(*command.split())
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    mend = f"sudo chown -R {SOMEBODY}:{SOMEBODY} {file}"
    assert done.stderr == f"twinbeam: {file} belongs to root, and this runs as uid {SOMEBODY}: run {mend}\n"
    _, _, *chown = shlex.split(mend)
    subprocess.run(["chown", *chown], check=True)
    assert gateway.run("pixels", "list").returncode == 0


def test_a_backup_that_root_laid_beside_the_store_stops_nothing(gateway):
    (gateway.data / "store.db.before-upgrade").write_bytes(b"a copy")
    assert gateway.run("pixels", "list").returncode == 0


def test_a_volume_that_belongs_to_root_and_to_the_services_group_is_used(tmp_path):
    data = tmp_path / "state"
    data.mkdir()
    os.chown(data, 0, SOMEBODY)
    data.chmod(0o2770)
    (tmp_path / "keys").mkdir()
    belongs_to_somebody(tmp_path / "keys")
    gateway = SomebodysGateway(tmp_path, NOWHERE, {"keyring": tmp_path / "keys" / "keyring.json"})
    gateway.told("pixels", "add", PIXEL)
    assert PIXEL in gateway.told("pixels", "list")
    assert "belongs to uid" in run(gateway, "pixels", "list").stderr


def test_the_doctor_names_the_account_it_should_run_as(installed):
    gateway = installed
    done = run(gateway, "doctor")
    assert done.returncode == 1
    assert f"FAIL The data folder {gateway.data} belongs to uid {SOMEBODY}, and this runs as root" in done.stdout
    assert f"     -> setpriv --reuid={SOMEBODY}" in done.stdout
    assert "could not be made" not in done.stdout
    assert owners_in(gateway.folder) == {SOMEBODY}
    assert f"ok   The files belong to uid {SOMEBODY}" in gateway.told("doctor")


def test_a_gateway_runs_on_while_root_tries_each_command_beside_it(tmp_path):
    tiktok = TikTokSide(tmp_path)
    try:
        home = tmp_path / "home"
        home.mkdir()
        belongs_to_somebody(home)
        gateway = SomebodysGateway(home, tiktok.url, {})
        shop = Shop(gateway, tiktok, "require")
        gateway.start()
        try:
            for command in COMMANDS:
                assert run(gateway, *command.split(), told=TOKEN).returncode == 1
            assert owners_in(gateway.data) == {SOMEBODY}
            shop.post(a_purchase("order-1"))
            shop.wait_steady()
            assert shop.story("order-1")["state"] == "delivered"
            assert gateway.stop() == 0
            gateway.start()
            assert PIXEL in gateway.told("pixels", "list")
        finally:
            gateway.stop()
    finally:
        assert tiktok.stop() == []
