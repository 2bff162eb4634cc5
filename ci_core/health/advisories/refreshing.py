"""Brings the advisories of this machine up to date."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ci_core.errors import CiError, SiteAnswerUnusable
from ci_core.health.advisories.download import MOST_BYTES, PART_BYTES, download
from ci_core.health.advisories.osv import Advisory, Affected, UnreadableAdvisory, read_advisory
from ci_core.health.advisories.store import (
    AdvisoriesMissing,
    AdvisoriesState,
    advisories_dir,
    advisories_state,
    note_moment,
    open_advisories,
    write_advisories,
)
from ci_core.web import Limits, WebClient
from db.errors import DataFolderFull, is_disk_full

SITE = "OSV"
PATH = "/PyPI/all.zip"
ARCHIVE = "pypi.zip"
ETAG = "pypi.etag"
# An archive of small texts; more than this is a bomb.
MOST_ENTRIES = 500_000
MOST_ENTRY_BYTES = 8 * 2**20
MOST_UNPACKED_BYTES = 4 * 2**30
# More broken entries than this, and the file is not what it was taken for.
MOST_UNREADABLE_SHARE = 0.05
Progress = Callable[[str, float | None], None]


class RefreshUnderWay(CiError):
    """Another process refreshes the advisories of this machine at this moment."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh came to.

    Attributes:
        changed: whether there were newer ones than those that are here.
        downloaded_bytes: fetched now, without what an earlier attempt had fetched.
    """

    state: AdvisoriesState
    changed: bool
    downloaded_bytes: int


def refresh_advisories(
    data_dir: Path,
    osv_url: str,
    *,
    now: Callable[[], datetime],
    progress: Progress = lambda _what, _percent: None,
    timeout_seconds: float = 30.0,
    part_bytes: int = PART_BYTES,
) -> Refreshed:
    """Fetch OSV's advisories of PyPI where there are newer ones, and put them in the place of those that are here.

    Until all is read, those that were here before stay in use; a download that broke off goes on where it stopped.

    Args:
        progress: told what is being done, and how far it is in per cent, as far as that is known.
        timeout_seconds: for each of the parts of the download.

    Raises:
        SiteError: OSV does not answer, or with something that is no archive of advisories.
        RefreshUnderWay: another process is at it.
        DataFolderFull: the disk is full.
        CiError: a file cannot be written.
    """
    folder = advisories_dir(data_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "refresh.lock", timeout=0):
            return _refresh(data_dir, osv_url, now, progress, timeout_seconds, part_bytes)
    except Timeout:
        raise RefreshUnderWay("The advisories are being refreshed by another process. Wait for it.") from None
    except OSError as error:
        if is_disk_full(error):
            raise DataFolderFull(f"Cannot write below {folder}: the disk is full. Free some space.") from error
        raise CiError(
            f"Cannot write below {folder}: {error.strerror or error}. Make it writable for yourself."
        ) from error


def _refresh(
    data_dir: Path,
    osv_url: str,
    now: Callable[[], datetime],
    progress: Progress,
    timeout_seconds: float,
    part_bytes: int,
) -> Refreshed:
    folder = advisories_dir(data_dir)
    limits = Limits(total_seconds=timeout_seconds, most_bytes=MOST_BYTES)
    with WebClient(SITE, osv_url, limits=limits, now=now) as client:
        progress("Downloading", None)
        # The moment before: what is told between now and the end of the download may not be in it.
        asked_at = now()
        got = download(
            client,
            PATH,
            folder / ARCHIVE,
            known_etag=_etag_in_use(data_dir),
            progress=lambda done, total: progress("Downloading", 100 * done / max(total, 1)),
            part_bytes=part_bytes,
        )
    if got.path is None:
        return Refreshed(_still_new(data_dir, asked_at), changed=False, downloaded_bytes=0)
    try:
        state = _take_in(data_dir, got.path, asked_at, osv_url, progress)
    finally:
        got.path.unlink(missing_ok=True)
    if got.etag is None:
        (folder / ETAG).unlink(missing_ok=True)
    else:
        (folder / ETAG).write_text(got.etag, encoding="utf-8")
    return Refreshed(state, changed=True, downloaded_bytes=got.bytes - got.resumed_bytes)


def _take_in(data_dir: Path, archive: Path, at: datetime, source: str, progress: Progress) -> AdvisoriesState:
    unreadable: list[str] = []
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = _checked(opened)
            found = _advisories(opened, entries, unreadable, progress)
            return write_advisories(data_dir, found, fetched_at=at, source=source, unreadable=unreadable)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, UnicodeError) as error:
        raise SiteAnswerUnusable(SITE, f"its file is no archive that can be read ({error})") from None


def _checked(opened: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The advisories of an archive, as far as they can be such."""
    entries = [entry for entry in opened.infolist() if entry.filename.endswith(".json")]
    if not entries:
        raise SiteAnswerUnusable(SITE, "its file has no advisories in it")
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED_BYTES:
        raise SiteAnswerUnusable(SITE, "its file has more in it than all advisories can be")
    return entries


def _advisories(
    opened: zipfile.ZipFile, entries: list[zipfile.ZipInfo], unreadable: list[str], progress: Progress
) -> Iterator[tuple[Advisory, tuple[Affected, ...]]]:
    for number, entry in enumerate(entries):
        if number % 1000 == 0:
            progress("Reading", 100 * number / len(entries))
        try:
            one = read_advisory(_document(opened, entry))
        except (UnreadableAdvisory, zipfile.BadZipFile):
            unreadable.append(entry.filename)
            continue
        if one is not None:
            yield one
    if len(unreadable) > MOST_UNREADABLE_SHARE * len(entries):
        raise SiteAnswerUnusable(SITE, f"{len(unreadable)} of its {len(entries)} advisories cannot be read")


def _document(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> object:
    if entry.file_size > MOST_ENTRY_BYTES:
        raise UnreadableAdvisory("it is too large")
    with opened.open(entry) as file:
        data = file.read(MOST_ENTRY_BYTES + 1)  # what it says of its size may be wrong
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise UnreadableAdvisory("it is no JSON") from None


def _etag_in_use(data_dir: Path) -> str | None:
    """The version of the file that the advisories here were made of, where they can be read."""
    try:
        with open_advisories(data_dir):
            return (advisories_dir(data_dir) / ETAG).read_text(encoding="utf-8").strip() or None
    except (AdvisoriesMissing, OSError, UnicodeError):
        return None


def _still_new(data_dir: Path, at: datetime) -> AdvisoriesState:
    """Note that the advisories that are here are the newest ones at this moment."""
    note_moment(data_dir, at)
    return advisories_state(data_dir, at)
