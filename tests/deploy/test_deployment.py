"""The files for servers start what there is, with settings and queues that there are, and without needless rights."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci_core.cli.app import main
from ci_core.jobs import KINDS
from ci_core.settings import PROJECT, setting_names

DEPLOY = PROJECT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
OURS = ("setup", "app", "scheduler", "worker")
# Names that PostgreSQL's image, Streamlit and the libraries read themselves.
FOREIGN = {"HF_HUB_OFFLINE", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PATH", "STREAMLIT_SERVER_COOKIE_SECRET"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def known_settings() -> set[str]:
    return set(setting_names())


def words_of(unit: Path) -> list[str]:
    (line,) = re.findall(r"^ExecStart=(.+)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    return str(line).split()


def commands() -> list[tuple[str, list[str]]]:
    """Every command line of ours in the deployment, after `python -m ci_core`."""
    found = [(unit.name, words_of(unit)) for unit in UNITS]
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    found += [(f"compose {name}", services[name]["command"]) for name in OURS if "command" in services[name]]
    found += [("compose scheduler health", services["scheduler"]["healthcheck"]["test"][1:])]
    return [(name, words[words.index("ci_core") + 1 :]) for name, words in found if "ci_core" in words]


@pytest.mark.parametrize(("name", "words"), commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_commands_are_commands_of_ours(name: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    # With --help last, options before it are still read: an unknown one, or a wrong value, is misuse.
    assert main([*words, "--help"]) == 0, capsys.readouterr().err
    asked = [word.removeprefix("--queues=") for word in words if word.startswith("--queues=")]
    for queue in ",".join(asked).split(",") if asked else []:
        assert queue in KINDS.queues, f"{name} waits for the queue {queue}, which no kind of job has"


def test_workers_bound_to_queues_leave_no_queue_to_nobody() -> None:
    served = {
        queue
        for unit in UNITS
        for word in words_of(unit)
        if word.startswith("--queues=")
        for queue in word.removeprefix("--queues=").split(",")
    }

    assert served == set(KINDS.queues)


def test_units_of_the_runbook_are_there() -> None:
    assert {unit.name for unit in UNITS} >= {
        "ci-app.service",
        "ci-scheduler.service",
        "ci-worker@.service",
        "ci-research-agent.service",
        "ci-enhancement-agent.service",
    }


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for unit in (DEPLOY / "systemd").iterdir():
        # The program is where the server has it; here another one stands for it, so that it exists.
        script = unit.read_text(encoding="utf-8").replace("/opt/magnus/.venv/bin/python", sys.executable)
        (tmp_path / unit.name.replace("@.", "@1.")).write_text(script, encoding="utf-8")

    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )

    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "ci-" in line]
    assert ours == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.name))
def test_units_have_no_needless_rights(unit: Path) -> None:
    lines = unit.read_text(encoding="utf-8").splitlines()

    for wanted in (
        "User=magnus",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "PrivateTmp=yes",
    ):
        assert wanted in lines


def test_compose_sets_only_settings_there_are(compose: dict[str, Any]) -> None:
    known = known_settings() | FOREIGN
    for name in OURS:
        unknown = set(compose["services"][name]["environment"]) - known
        assert unknown == set(), f"{name} sets what nobody reads"


def test_what_compose_asks_of_people_stands_in_the_example(compose: dict[str, Any]) -> None:
    script = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    example = (PROJECT / ".env.example").read_text(encoding="utf-8")

    for name in set(re.findall(r"\$\{([A-Z_]+)", script)):
        assert re.search(rf"^#?{name}=", example, re.MULTILINE), f"{name} is missing in .env.example"


def test_compose_starts_the_parts_in_order_and_two_workers(compose: dict[str, Any]) -> None:
    services = compose["services"]

    assert set(services) == {"database", *OURS}
    assert services["worker"]["deploy"]["replicas"] == 2
    assert services["setup"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    for name in ("app", "scheduler", "worker"):
        assert services[name]["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}


@pytest.mark.parametrize("name", OURS)
def test_containers_cannot_write_nor_gain_rights(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in service["tmpfs"]


def test_the_app_is_reached_from_this_machine_only(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]

    assert published == ["127.0.0.1:8501:8501"]


def test_the_image_runs_without_root_and_holds_what_the_app_needs() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = {word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]}
    shown = {
        line.removeprefix("!")
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        if line[:1] == "!"
    }

    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    assert copied >= {"app.py", "ci_core", "db", "pages", ".streamlit", "requirements.txt"}
    assert {name for name in copied if not name.startswith(("/", "--"))} <= shown


@pytest.mark.skipif(shutil.which("hadolint", path=str(Path(sys.executable).parent)) is None, reason="no hadolint here")
def test_hadolint_has_nothing_against_the_image() -> None:
    program = str(Path(sys.executable).parent / "hadolint")

    done = subprocess.run([program, str(DEPLOY / "Dockerfile")], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")
