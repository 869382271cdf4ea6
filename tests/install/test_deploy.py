"""The container, the compose file and the systemd unit; no container engine is asked, what they say is done by hand."""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gateway import TikTokSide
from running import Program, ask, wait_until
from twinbeam.demo.processes import HOST, free_port
from twinbeam.settings import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "install" / "compose"
HOME = "/opt/twinbeam"
SETTINGS = {variable.variable for variable in VARIABLES}


def instructions():
    """Give the Dockerfile's instructions as pairs of a word and the rest."""
    text = re.sub(r"^#.*\n", "", (COMPOSE / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def said(word):
    return [rest for name, rest in instructions() if name == word]


def environment():
    return dict(pair.split("=", 1) for rest in said("ENV") for pair in shlex.split(rest))


def health_check():
    return json.loads(said("HEALTHCHECK")[0].partition("CMD ")[2])


def services():
    return yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]


# ---- what the files say ----


def test_the_image_runs_as_a_user_of_its_own_that_owns_its_folders_alone():
    assert said("USER") == ["twinbeam"]
    [folders] = [rest for rest in said("RUN") if "install -d" in rest]
    assert "-o twinbeam -g twinbeam -m 700 /var/lib/twinbeam /etc/twinbeam" in folders
    assert json.loads(said("VOLUME")[0]) == ["/var/lib/twinbeam", "/etc/twinbeam"]
    assert environment()["TWINBEAM_DATA"] == "/var/lib/twinbeam"
    assert environment()["TWINBEAM_KEYRING"] == "/etc/twinbeam/keyring.json"


def test_what_the_image_copies_is_there_and_nothing_else_is_sent_to_the_builder():
    ignored = (COMPOSE / "Dockerfile.dockerignore").read_text().split()
    assert ignored[0] == "*"
    allowed = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    sources = [rest.split()[0] for rest in said("COPY")]
    assert sorted(sources) == sorted(allowed)
    assert all((ROOT / source).exists() for source in sources)


def test_the_containers_are_read_only_and_have_no_rights_to_spare():
    for name, service in services().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert services()["caddy"]["cap_add"] == ["NET_BIND_SERVICE"]
    assert "cap_add" not in services()["gateway"]


def test_only_the_web_is_published_and_the_pages_to_this_machine_alone():
    ports = services()["gateway"]["ports"]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == ["80:80", "443:443", "443:443/udp"]
    assert [port for port in ports if port.startswith("127.0.0.1:")] == ["127.0.0.1:8701:8781"]
    assert services()["caddy"]["network_mode"] == "service:gateway"
    assert not {"TWINBEAM_LISTEN", "TWINBEAM_DASHBOARD"} & services()["gateway"]["environment"].keys()


def test_what_has_to_outlive_a_container_lies_in_volumes():
    whole = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
    mounted = [volume.split(":") for service in whole["services"].values() for volume in service["volumes"]]
    inside = {place[1] for place in mounted}
    assert set(json.loads(said("VOLUME")[0])) <= inside
    for source, *_ in mounted:
        assert (COMPOSE / source).is_file() if source.startswith("./") else source in whole["volumes"]


def test_every_setting_named_by_image_and_compose_is_one():
    named = {*environment(), *services()["gateway"]["environment"]}
    assert {name for name in named if name.startswith("TWINBEAM_")} <= SETTINGS


def test_a_container_gets_longer_to_stop_than_the_gateway_takes():
    unit = (ROOT / "install" / "systemd" / "twinbeam.service").read_text()
    assert services()["gateway"]["stop_grace_period"] == "60s"
    assert "TimeoutStopSec=60" in unit
    assert f"LimitNOFILE={services()['gateway']['ulimits']['nofile']}" in unit


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
@pytest.mark.parametrize("unit", [["twinbeam.service"], ["twinbeam-backup.service", "twinbeam-backup.timer"]])
def test_systemd_knows_everything_in_the_units(tmp_path, unit):
    program = f"{HOME}/.venv/bin/twinbeam"
    texts = {name: (ROOT / "install" / "systemd" / name).read_text() for name in unit}
    assert program in texts[unit[0]]
    for name, text in texts.items():
        (tmp_path / name).write_text(text.replace(program, "/bin/true"))
    command = ["systemd-analyze", "verify", *(tmp_path / name for name in unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "twinbeam" in line] == []


# ---- the image, made by hand ----


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """Do what the Dockerfile says from its WORKDIR on, in a folder instead of an image."""
    root = tmp_path_factory.mktemp("image")
    place = root / HOME.lstrip("/")
    (root / "usr" / "local" / "bin").mkdir(parents=True)
    place.mkdir(parents=True)
    begun = False
    for word, rest in instructions():
        begun = begun or word == "WORKDIR"
        if not begun:
            continue  # packages and users of the base image
        if word == "COPY":
            copy(*rest.split(), place)
        elif word == "RUN":
            ran(rest.replace(HOME, str(place)).replace("/usr/local/bin", f"{root}/usr/local/bin"), place)
    return root


def copy(source: str, target: str, place: Path) -> None:
    if (ROOT / source).is_dir():
        shutil.copytree(ROOT / source, place / target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        (place / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, place / target)


def ran(command: str, place: Path) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        ["/bin/sh", "-ec", command], cwd=place, env=clean | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.journey
@pytest.mark.long
def test_the_image_runs_from_its_own_files_and_says_when_it_is_healthy(image, tmp_path):
    """The root of the container is read-only, so nothing in it changes while the gateway runs."""
    tiktok = TikTokSide(tmp_path)
    listen, dashboard = free_port(), free_port()
    [entry] = json.loads(said("ENTRYPOINT")[0])
    [command] = json.loads(said("CMD")[0])
    settings = environment() | services()["gateway"]["environment"]
    settings |= {"TWINBEAM_DATA": f"{tmp_path}/data", "TWINBEAM_KEYRING": f"{tmp_path}/keys/keyring.json"}
    settings |= {"TWINBEAM_LISTEN": f"{HOST}:{listen}", "TWINBEAM_DASHBOARD": f"{HOST}:{dashboard}"}
    settings |= {"TWINBEAM_TIKTOK_URL": tiktok.url, "PYTHONPATH": "", "HOME": str(tmp_path)}
    check = [
        word.replace(HOME, f"{image}{HOME}").replace("127.0.0.1:8700", f"{HOST}:{listen}") for word in health_check()
    ]
    before = files(image)
    assert subprocess.run(check, capture_output=True, check=False).returncode != 0
    running = Program([f"{image}/usr/local/bin/{entry}", command], tmp_path / "gateway", settings, tmp_path)
    try:
        wait_until(lambda: subprocess.run(check, capture_output=True, check=False).returncode == 0, "it is healthy")
        assert ask(f"http://{HOST}:{listen}/readyz").status == 200
        python = [check[0], "-c", "import twinbeam; print(twinbeam.__file__)"]
        where = subprocess.run(
            python, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment()
        ).stdout
        assert where.startswith(f"{image}{HOME}/src/")
        assert files(image) == before
    finally:
        assert running.stop() == 0
        tiktok.stop()


def files(root: Path) -> dict[str, float]:
    return {str(file): file.lstat().st_mtime for file in root.rglob("*") if not fnmatch.fnmatch(file.name, "*.lock")}
