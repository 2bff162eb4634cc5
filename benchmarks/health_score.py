"""Whether the score of a file tells which files later fixes touch, and better than the file's size alone does.

    python -m benchmarks.health_score PATH… [--cuts 4] [--months 12]

Each PATH is a git checkout with a history, which is only read. At several moments of its past, a year apart, the files
are checked out and scored as a check scores them. Then the commits of the next months whose message tells of a fix are
looked at: the files they touch, of those that were there, are what an order of files should name first.

An order is worth what it finds for the work it makes: whoever reads files in its order, until a fifth of all lines is
read, has found so many of the files that fixes touched (`files`), and so many of the touches (`fixes`). Beside it the
area under the curve of the order alone (`auc`), where size is no cost. Orders that come out no better than size are
told as such; nothing is tuned to the repositories.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ci_core.health.areas import is_test_code
from ci_core.health.checkers.registry import CHECKERS
from ci_core.health.churn import churn_of
from ci_core.health.hotspots import heat
from ci_core.health.observed import observe
from ci_core.health.rules import catalogue
from ci_core.health.runner import run_checkers
from ci_core.health.scores import file_score, points
from ci_core.health.store import FileState
from ci_core.health.target import read_target
from ci_core.health.values import CheckRequest
from ci_core.settings.health import HealthSettings
from db.enums import CheckType, IssueType, Severity

FIX = re.compile(
    r"\b(fix(e[sd]|ing)?|bug(s|fix)?|regression|crash(es|ed)?|hang(s|ing)?|race|deadlock|leak(s|ed)?)\b", re.I
)
NO_FIX = re.compile(r"\b(typo|docs?|documentation|spelling|ci|flake8|lint|ruff|mypy|format(ting)?|test(s)?)\b", re.I)
BUDGET = 0.20
JUDGED = frozenset({IssueType.CODE_QUALITY, IssueType.BUGS, IssueType.SECURITY, IssueType.PERFORMANCE})
TESTS = re.compile(r"(^|/)(t|tests?|testing)/")
SEED = 20261125


@dataclass(frozen=True, slots=True)
class File:
    """One file at a cut, and how many fixes touched it afterwards."""

    path: str
    lines: int
    score: float
    weight: float
    heat: float
    commits: int
    fixes: int


Order = Callable[[File], tuple[float, ...]]
ORDERS: Mapping[str, Order] = {
    "score, worst first": lambda file: (file.score, -file.lines),
    "score × churn": lambda file: (-file.heat, file.score, -file.lines),
    "churn": lambda file: (-file.commits, -file.lines),
    "churn per line": lambda file: (-file.commits / max(file.lines, 1),),
    "points of issues": lambda file: (-file.weight, -file.lines),
    "size, largest first": lambda file: (-file.lines,),
    "size, smallest first": lambda file: (file.lines,),
    "the best there is": lambda file: (-file.fixes / max(file.lines, 1),),
}


def main() -> int:
    """Print the figures of each repository and cut, and the mean of all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--cuts", type=int, default=4, help="how many moments of the past, a year apart")
    parser.add_argument("--months", type=int, default=12, help="how long afterwards fixes are looked for")
    asked = parser.parse_args()
    together: dict[str, list[dict[str, float]]] = defaultdict(list)
    for path in asked.paths:
        of_repository: dict[str, list[dict[str, float]]] = defaultdict(list)
        for moment in cuts(path, asked.cuts, asked.months):
            files = files_at(path, moment, asked.months)
            touched = sum(file.fixes > 0 for file in files)
            size = sum(file.lines for file in files)
            print(f"\n{path.name}, {moment:%Y-%m-%d}: {len(files)} files, {size:,} lines; fixes touched {touched}")
            for name, figures in measured(files).items():
                of_repository[name].append(figures)
                together[name].append(figures)
            show({name: [found[-1]] for name, found in of_repository.items()})
        print(f"\n{path.name}, mean of {asked.cuts} cuts")
        show(of_repository)
    print("\nall, mean")
    show(together)
    return 0


def cuts(path: Path, number: int, months: int) -> list[datetime]:
    """Moments a year apart, the last one so long before the newest commit that fixes after it are known."""
    newest = datetime.fromtimestamp(int(git(path, "log", "-1", "--format=%ct")), UTC)
    last = newest - timedelta(days=round(months * 30.44))
    return [last - timedelta(days=365 * back) for back in reversed(range(number))]


def files_at(path: Path, moment: datetime, months: int) -> list[File]:
    """The Python files of a moment that are no tests, scored, with the fixes that touched them afterwards."""
    commit = git(path, "rev-list", "-1", "--first-parent", f"--before={moment.isoformat()}", "HEAD").strip()
    until = moment + timedelta(days=round(months * 30.44))
    fixes = fixes_between(path, moment, until)
    settings = HealthSettings.model_construct()
    with tempfile.TemporaryDirectory(prefix="health-score-") as folder:
        root = Path(folder) / path.name
        git(path, "clone", "--quiet", "--shared", "--no-checkout", str(path.resolve()), str(root))
        git(root, "checkout", "--quiet", "--detach", commit)
        target = read_target(CheckRequest(CheckType.FULL_SCAN, root), settings=settings)
        checkers = [one for one in CHECKERS if one.looks_at is not None and one.parts & JUDGED]
        outcomes = run_checkers(target, checkers, settings=settings, data_dir=Path(folder), cancelled=threading.Event())
        for outcome in outcomes:
            if outcome.report is None:
                print(f"  {outcome.name} saw nothing: {outcome.status}, {outcome.error}", file=sys.stderr)
        found: dict[str, Counter[Severity]] = defaultdict(Counter)
        for one in observe(target, outcomes, catalogue()):
            if one.path is not None and one.issue_type in JUDGED:
                found[one.path][one.severity] += 1
        churn = churn_of(root, now=moment)
    made = []
    for name, file in target.files.items():
        if not file.is_python or not file.lines or is_test_code(name) or TESTS.search(name):
            continue
        exact = file_score(found[name], file.lines).exact
        commits = churn[name].commits if name in churn else 0
        hot = heat(FileState(name, "", file.lines, int(exact), commits))
        made.append(File(name, file.lines, exact, points(found[name]), hot, commits, fixes[name]))
    return made


def fixes_between(path: Path, since: datetime, until: datetime) -> Counter[str]:
    """How many commits of that time that tell of a fix touched each Python file."""
    said = git(
        path, "log", "--no-merges", "--name-only", f"--since={since.isoformat()}", f"--until={until.isoformat()}",
        "--format=%x01%s", "HEAD",
    )  # fmt: skip
    touched: Counter[str] = Counter()
    for commit in said.split("\x01")[1:]:
        subject, *names = commit.splitlines()
        if FIX.search(subject) and not NO_FIX.search(subject):
            touched.update({name for name in names if name.endswith(".py")})
    return touched


def measured(files: Sequence[File]) -> dict[str, dict[str, float]]:
    """What each order finds, and what pure chance does."""
    found = {name: figures(sorted(files, key=order)) for name, order in ORDERS.items()}
    chance = random.Random(SEED)
    shuffled = [figures(chance.sample(list(files), len(files))) for _ in range(200)]
    found["chance"] = {name: statistics.fmean(one[name] for one in shuffled) for name in shuffled[0]}
    return found


def figures(order: Sequence[File]) -> dict[str, float]:
    """What one order finds within the budget of lines, and how well it tells touched files from others."""
    budget = BUDGET * sum(file.lines for file in order)
    read = 0.0
    files = fixes = 0.0
    for file in order:
        if read >= budget:
            break
        # Of the file at the edge, the share that the budget still allows.
        share = min((budget - read) / file.lines, 1.0)
        read += file.lines
        files += share * (file.fixes > 0)
        fixes += share * file.fixes
    touched = sum(file.fixes > 0 for file in order)
    return {
        "files": files / max(touched, 1),
        "fixes": fixes / max(sum(file.fixes for file in order), 1),
        "auc": auc([file.fixes > 0 for file in order]),
    }


def auc(touched: Sequence[bool]) -> float:
    """The probability that a touched file stands before an untouched one."""
    positives = sum(touched)
    negatives = len(touched) - positives
    if not positives or not negatives:
        return float("nan")
    before = after = 0
    for one in reversed(touched):
        if one:
            before += after
        else:
            after += 1
    return before / (positives * negatives)


def show(found: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    """One line for each order."""
    print(f"  {'order':24} {'files':>7} {'fixes':>7} {'auc':>6}")
    for name, some in found.items():
        mean = {key: statistics.fmean(one[key] for one in some) for key in ("files", "fixes", "auc")}
        print(f"  {name:24} {mean['files']:7.1%} {mean['fixes']:7.1%} {mean['auc']:6.3f}")


def git(path: Path, *arguments: str) -> str:
    """What git answers in a folder."""
    done = subprocess.run(["git", *arguments], cwd=path, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main())
