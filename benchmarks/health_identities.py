"""How many issues keep their identity when their code is edited, and over real history.

    python -m benchmarks.health_identities PATH [--every 10] [--pairs 6]

PATH is a git checkout, which is only read. Everything that ruff can see is looked for in its Python files, so that
there are issues of every kind; then the files are edited in a copy, looked at again, and the issues are joined as a
check does. Which issue of then is which of now is known from elsewhere:

* for edits, from the syntax tree: an edit moves its nodes and says where to. An issue that the edit itself removed, for
  example a line too long in a file that was formatted, does not count;
* for history, from git: a line that a commit left alone is the same line. Issues of edited lines do not count.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.identity_edits import EDITS, Edited, address_of, edited_tree
from ci_core.health.fingerprints import Marked, match
from ci_core.health.observed import Observed, observe
from ci_core.health.rules import catalogue
from ci_core.health.values import CheckerOutcome, Report, Sighting, SourceFile, Target
from db.enums import CheckerStatus

RUFF = [sys.executable, "-m", "ruff", "check", "--isolated", "--preview", "--select", "ALL", "--line-length", "120",
        "--no-cache", "--exit-zero", "--output-format", "json", "--target-version", "py314"]  # fmt: skip
FOREIGN = {"venv", ".venv", "site-packages", "node_modules"}
MUST_EDITS, MUST_HISTORY = 99.0, 99.9
Files = Mapping[str, str]


def main() -> int:
    """Print the share of identities kept for each edit and over the history; 1 where one is below its limit."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--every", type=int, default=10, help="commits between two looks at the history")
    parser.add_argument("--pairs", type=int, default=6, help="how many such pairs; 0 for none")
    parser.add_argument("--no-edits", action="store_true")
    parser.add_argument("--edit", default="", help="only edits with this in their names")
    chosen = parser.parse_args()
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if not chosen.no_edits:
            fine &= _edits(_files_of(chosen.path, "HEAD"), place, chosen.edit)
        if chosen.pairs:
            fine &= _history(chosen.path, chosen.every, chosen.pairs, place)
    return 0 if fine else 1


def _edits(files: Files, place: Path, named: str) -> bool:
    before = _look(files, place / "before")
    print(f"{len(before):,} issues in {len(files):,} files")
    print(f"{'edit':34} {'kept':>9} {'of':>8}  lost, by rule")
    fine = True
    for name, edit in EDITS.items():
        if named not in name:
            continue
        done = edit(files)
        after = _look(done.files, place / name.replace(" ", "_"))
        truth = _truth_of_edit(files, before, done, after)
        fine &= _tell(name, before, after, truth, done.renames, MUST_EDITS)
    return fine


def _truth_of_edit(files: Files, before: list[Observed], done: Edited, after: list[Observed]) -> dict[int, int]:
    """Places in `before` to places in `after`, by the nodes of the syntax trees."""

    def addressed(
        some: list[Observed], texts: Files, where: Callable[[str, object], object]
    ) -> dict[object, list[int]]:
        trees = {path: edited_tree(text) for path, text in texts.items()}
        found: dict[object, list[int]] = defaultdict(list)
        for index, one in enumerate(some):
            path = one.path or ""
            address = address_of(trees[path], one.line or 1, one.column or 1)
            if address is not None:
                found[one.rule, where(path, address)].append(index)
        return found

    then = addressed(before, files, lambda path, address: done.moved(path, address))
    now = addressed(after, done.files, lambda path, address: (path, address))
    truth: dict[int, int] = {}
    for key, ones in then.items():
        if len(others := now.get(key, [])) == len(ones):
            truth.update(zip(ones, others, strict=True))
    return truth


def _history(path: Path, every: int, pairs: int, place: Path) -> bool:
    commits = _git(path, "rev-list", "--first-parent", "HEAD").split()
    steps = [(commits[start + every], commits[start]) for start in range(0, len(commits) - every, every)][:pairs]
    print(f"{'history, ' + str(every) + ' commits apart':34} {'kept':>9} {'of':>8}  lost, by rule")
    fine, of_all, kept_all = True, 0, 0
    for old, new in steps:
        files, later = _files_of(path, old), _files_of(path, new)
        before, after = _look(files, place / old), _look(later, place / new)
        renames, lines = _unchanged(path, old, new, files)
        truth = _truth_of_history(before, after, renames, lines)
        kept = _kept(before, after, truth, renames)
        kept_all, of_all = kept_all + len(kept), of_all + len(truth)
        _tell(f"{old[:9]} … {new[:9]}", before, after, truth, renames, 0)
    if of_all:
        share = 100 * kept_all / of_all
        fine = share >= MUST_HISTORY
        print(f"{'all of them':34} {share:8.3f}% {of_all:8,}  must {MUST_HISTORY} %{'' if fine else '  BELOW'}")
    return fine


def _truth_of_history(
    before: list[Observed], after: list[Observed], renames: Mapping[str, str], lines: Mapping[str, Mapping[int, int]]
) -> dict[int, int]:
    """Places in `before` to places in `after`, where git says that the line is the same."""
    now: dict[object, list[int]] = defaultdict(list)
    for index, one in enumerate(after):
        now[one.rule, one.path, one.line].append(index)
    then: dict[object, list[int]] = defaultdict(list)
    for index, one in enumerate(before):
        path = one.path or ""
        if (line := lines.get(path, {}).get(one.line or 1)) is not None:
            then[one.rule, renames.get(path, path), line].append(index)
    truth: dict[int, int] = {}
    for key, ones in then.items():
        if len(others := now.get(key, [])) == len(ones):
            truth.update(zip(ones, others, strict=True))
    return truth


def _tell(
    name: str,
    before: list[Observed],
    after: list[Observed],
    truth: dict[int, int],
    renames: Mapping[str, str],
    must: float,
) -> bool:
    kept = _kept(before, after, truth, renames)
    share = 100 * len(kept) / len(truth) if truth else 100.0
    lost = Counter(before[index].rule for index in truth if index not in kept)
    named = ", ".join(f"{rule} {number}" for rule, number in lost.most_common(6))
    print(f"{name:34} {share:8.3f}% {len(truth):8,}  {named}{'' if share >= must else '  BELOW'}")
    return share >= must


def _kept(before: list[Observed], after: list[Observed], truth: dict[int, int], renames: Mapping[str, str]) -> set[int]:
    pairs = match(_marked(before), _marked(after), renames).pairs
    return {index for index, other in truth.items() if pairs.get(index) == other}


def _marked(some: list[Observed]) -> list[Marked]:
    return [Marked(index, one.rule, one.path, one.line or 0, one.keys) for index, one in enumerate(some)]


def _look(files: Files, root: Path) -> list[Observed]:
    """What there is to see in files, which are written to a new folder."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8", newline="")
    said = json.loads(subprocess.run([*RUFF, str(root)], capture_output=True, check=True).stdout)
    sightings = tuple(
        Sighting(
            checker="lint",
            rule=entry["code"] or "syntax",
            message=entry["message"],
            path=str(Path(entry["filename"]).relative_to(root.resolve())),
            line=entry["location"]["row"],
            end_line=entry["end_location"]["row"],
            column=entry["location"]["column"],
        )
        for entry in said
    )
    known = {path: SourceFile(path, "", len(text), text.count("\n")) for path, text in files.items()}
    outcome = CheckerOutcome(
        "lint", CheckerStatus.COMPLETED, frozenset(files), 0.0, Report(sightings, frozenset(files))
    )
    return observe(Target(root, "b", "b", known, frozenset(known)), [outcome], catalogue())


def _files_of(path: Path, commit: str) -> Files:
    """The Python files of a commit that can be read, without what others wrote."""
    archive = subprocess.run(
        ["git", "archive", "--format=tar", commit, "--", "*.py"], cwd=path, capture_output=True, check=True
    ).stdout
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for entry in files:
            content = files.extractfile(entry) if entry.isfile() else None
            if content is None or FOREIGN & set(entry.name.split("/")):
                continue
            try:
                decoded = content.read().decode("utf-8")
            except UnicodeDecodeError:
                continue
            if edited_tree(decoded) is not None and "\r" not in decoded and "\f" not in decoded:
                found[entry.name] = decoded
    return found


def _unchanged(path: Path, old: str, new: str, files: Files) -> tuple[dict[str, str], dict[str, dict[int, int]]]:
    """Renamed files, and of every file the lines that git calls the same, then → now."""
    said = _git(
        path, "diff", "--name-status", "-z", "--find-renames", "--diff-filter=R", "-l2000", old, new, "--", "*.py"
    ).split("\0")
    renames = {said[at + 1]: said[at + 2] for at in range(0, len(said) - 2, 3)}
    changed: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
    name = ""
    for line in _git(
        path, "diff", "--unified=0", "--find-renames", "-l2000", "--no-color", old, new, "--", "*.py"
    ).splitlines():
        if line.startswith("--- "):
            name = line[6:] if line.startswith("--- a/") else ""
        elif line.startswith("@@ ") and name:
            then, now = line.split(" ")[1:3]
            changed[name].append((*_span(then), *_span(now)))
    lines = {}
    for name, text in files.items():
        same, shift, at = {}, 0, 1
        for first, count, other, number in [*changed.get(name, []), (text.count("\n") + 2, 0, 0, 0)]:
            until = first if count else first + 1
            same.update((line, line + shift) for line in range(at, until))
            at, shift = first + count if count else first + 1, shift + number - count
            del other
        lines[name] = same
    return renames, lines


def _span(text: str) -> tuple[int, int]:
    first, _, count = text[1:].partition(",")
    return int(first), int(count or 1)


def _git(path: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=path, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape")


if __name__ == "__main__":
    sys.exit(main())
