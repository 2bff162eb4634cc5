"""Vulnerable packages are found where they are named, and what is not known is never called harmless."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ci_core.health.advisories.osv import Advisory, Affected
from ci_core.health.advisories.store import write_advisories
from ci_core.health.checkers.kinds import CheckerFailed, NotApplicable
from ci_core.health.checkers.vulnerabilities import check
from ci_core.health.values import Report
from db.enums import Severity
from tests.ci_core.health.targets import target_of, workbench_in


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with three advisories."""
    hole = (("introduced", "0"), ("fixed", "10.2.0"))
    entries = [
        (
            Advisory("GHSA-1", ("CVE-1",), "Runs code", Severity.CRITICAL, 9.8),
            (Affected("pillow", (hole,), ("9.5.0",)),),
        ),
        (
            Advisory("GHSA-2", ("CVE-2",), "Reads files", Severity.HIGH),
            (Affected("pillow", ((("introduced", "10.0"),),)),),
        ),
        (Advisory("MAL-1", (), "Steals", Severity.CRITICAL, malicious=True), (Affected("reqeusts", (), ("1.0",)),)),
    ]
    folder = tmp_path / "data"
    write_advisories(folder, entries, fetched_at=datetime.now(UTC), source="here", unreadable=[])
    return folder


def report(tmp_path: Path, data: Path, files: dict[str, str], **settings: object) -> Report:
    return check(target_of(tmp_path / "repo", files), workbench_in(tmp_path, data, **settings))


def told(found: Report) -> list[tuple[str, str | None, int | None, str | None]]:
    return [(one.rule, one.path, one.line, one.subject) for one in found.sightings]


def test_a_pinned_vulnerable_package_is_found_in_its_line(tmp_path: Path, data: Path) -> None:
    found = report(tmp_path, data, {"requirements.txt": "flask==3.0\npillow==9.5.0\nreqeusts==1.0\n"})

    assert told(found) == [
        ("vulnerable-package", "requirements.txt", 2, "pillow CVE-1"),
        ("malicious-package", "requirements.txt", 3, "reqeusts MAL-1"),
    ]
    first = found.sightings[0]
    assert first.message == "pillow 9.5.0 is vulnerable (CVE-1): Runs code. Mended in 10.2.0."
    assert (first.details["severity"], first.details["fixed_in"]) == ("critical", "10.2.0")
    assert found.looked_at_whole
    assert found.seen == {"requirements.txt"}
    assert (found.metrics["packages_named"], found.metrics["advisories_age_days"]) == (3, 0)


@pytest.mark.parametrize("written", ["pillow==10.2.0", "pillow>=9", "pillow"])
def test_what_is_mended_or_lets_the_mended_version_in_is_well(tmp_path: Path, data: Path, written: str) -> None:
    found = report(tmp_path, data, {"pyproject.toml": f'[project]\ndependencies = ["{written}"]'})

    assert [one.subject for one in found.sightings if one.subject != "pillow CVE-2"] == []
    assert found.metrics["packages_named"] == 1


def test_a_limit_that_keeps_the_mended_version_out_is_found(tmp_path: Path, data: Path) -> None:
    found = report(tmp_path, data, {"requirements.txt": "pillow<10"})

    assert told(found) == [("vulnerable-package", "requirements.txt", 1, "pillow CVE-1")]
    assert "9.5.0, the newest that is allowed, is vulnerable" in found.sightings[0].message
    assert found.metrics["packages_without_a_version"] == 1


def test_a_lock_says_which_version_a_declaration_means(tmp_path: Path, data: Path) -> None:
    files = {
        "pyproject.toml": '[project]\ndependencies = ["pillow<10.1"]',
        "uv.lock": '[[package]]\nname = "pillow"\nversion = "10.0.1"\n',
    }

    assert told(report(tmp_path, data, files)) == [
        ("vulnerable-package", "uv.lock", 2, "pillow CVE-1"),
        ("vulnerable-package", "uv.lock", 2, "pillow CVE-2"),
    ]


def test_what_is_installed_decides_where_nothing_is_pinned(tmp_path: Path, data: Path) -> None:
    environment = tmp_path / "env"
    metadata = environment / "lib/python3.11/site-packages/Pillow-9.5.0.dist-info/METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Metadata-Version: 2.1\nName: Pillow\nVersion: 9.5.0\n\nlong text")

    found = report(tmp_path, data, {"requirements.txt": "pillow"}, python=environment / "bin/python")

    assert "pillow 9.5.0, which is installed, is vulnerable" in found.sightings[0].message


def test_one_vulnerability_in_several_files_is_told_once_where_it_matters_most(tmp_path: Path, data: Path) -> None:
    files = {"dev-requirements.txt": "pillow==9.5.0", "requirements.txt": "\npillow==9.5.0"}

    (only,) = report(tmp_path, data, files).sightings

    assert (only.path, only.line, only.details["also_in"]) == ("requirements.txt", 2, ["dev-requirements.txt:1"])


def test_what_only_developers_run_is_one_step_less_severe(tmp_path: Path, data: Path) -> None:
    (only,) = report(tmp_path, data, {"requirements-dev.txt": "pillow==9.5.0"}).sightings

    assert only.details["severity"] == "high"


def test_without_advisories_nothing_is_known(tmp_path: Path) -> None:
    with pytest.raises(CheckerFailed, match="not known which packages are vulnerable") as failed:
        report(tmp_path, tmp_path / "none", {"requirements.txt": "flask==1.0"})

    assert failed.value.remedy == "Fetch them with: ci health advisories refresh"


def test_a_repository_that_names_no_packages_is_passed_over(tmp_path: Path, data: Path) -> None:
    with pytest.raises(NotApplicable):
        report(tmp_path, data, {"main.py": "print(1)", "requirements_backup.txt": "pillow==9.5.0"})


def test_an_unreadable_file_is_named_and_the_rest_is_read(tmp_path: Path, data: Path) -> None:
    found = report(tmp_path, data, {"pyproject.toml": "[project", "requirements.txt": "pillow==9.5.0"})

    assert [one.path for one in found.unseen] == ["pyproject.toml"]
    assert len(found.sightings) == 1
    assert not found.looked_at_whole


def test_a_file_of_an_old_powershell_is_read(tmp_path: Path, data: Path) -> None:
    root = tmp_path / "repo"
    target = target_of(root, {"requirements.txt": "pillow==9.5.0\r\n".encode("utf-16")})

    assert len(check(target, workbench_in(tmp_path, data)).sightings) == 1
