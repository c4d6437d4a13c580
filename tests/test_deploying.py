"""What lies in deploy/: it fits the site, names what there is, and other programs take it."""

import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "deploy"
UNITS = sorted(one for one in (DEPLOY / "systemd").iterdir() if one.is_file())
NGINX = (DEPLOY / "nginx" / "timeline.conf").read_text()
LINGER = 2  # seconds that a worker of gunicorn's that has to go keeps an idle connection


def value(name: str, text: str) -> str:
    """What a setting of a unit is."""
    (found,) = re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)
    return str(found)


def number(directive: str) -> int:
    """The least that a directive of nginx's says, in its own unit."""
    return min(int(one) for one in re.findall(rf"^\s*{directive} (\d+)[a-z]?;", NGINX, re.MULTILINE))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY / "systemd", tmp_path, dirs_exist_ok=True)
    for file in tmp_path.rglob("*.*"):
        if file.is_file():
            file.write_text(file.read_text().replace("/opt/timeline", str(ROOT)))
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in UNITS)],  # noqa: S607
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in done.stderr.splitlines() if "timeline" in line] == []


def test_the_services_share_their_hardening() -> None:
    (folder,) = (DEPLOY / "systemd").glob("*.d")
    assert all(unit.name.startswith(folder.name.removesuffix(".service.d")) for unit in UNITS)


def test_what_is_under_way_has_time_to_end() -> None:
    gunicorn = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    web = (DEPLOY / "systemd" / "timeline-web.service").read_text()
    assert int(value("TimeoutStopSec", web)) > gunicorn["graceful_timeout"]
    assert value("KillMode", web) == "mixed"


def test_nginx_lets_connections_go_before_a_worker_does() -> None:
    assert number("keepalive_timeout") < LINGER < runpy.run_path(str(ROOT / "gunicorn.conf.py"))["keepalive"]


def test_nginx_takes_uploads_as_large_as_the_site_does() -> None:
    assert settings.UPLOAD_MEGABYTES == 50  # by default
    assert number("client_max_body_size") * 2**20 >= settings.MOST_BYTES


def test_nginx_and_the_service_have_the_same_socket() -> None:
    path = value("ListenStream", (DEPLOY / "systemd" / "timeline-web.socket").read_text())
    assert f"server unix:{path} " in NGINX


def test_zones_of_nginx_have_names_of_their_own() -> None:
    names = re.findall(r"(?:zone=|shared:)(\w+)", NGINX)
    assert len(names) == len(set(names)) == 2


def test_the_settings_are_known_and_hold_no_secret() -> None:
    told = dict(re.findall(r"^([A-Z_]+)=(.*)$", (DEPLOY / "timeline.env").read_text(), re.MULTILINE))
    page = (ROOT / "docs" / "settings.md").read_text()
    assert [name for name in told if f"| `{name}` |" not in page] == []
    assert told["TIMELINE_SECRET_KEY"] == ""


def test_the_image_is_made_of_what_there_is() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    assert {"timeline", "templates", "static", "gunicorn.conf.py"} <= set(names)
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_every_file_is_told_of() -> None:
    page = (ROOT / "docs" / "deploying.md").read_text()
    names = [one.name.replace(".timer", ".service") for one in DEPLOY.rglob("*") if one.is_file()]
    assert [name for name in names if name not in page] == []
