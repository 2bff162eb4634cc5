"""How many defects the checkers find, and how many alarms are false.

    python -m benchmarks.health_recall                       # defects of about 70 kinds, each in a file of its own
    python -m benchmarks.health_recall --owasp FOLDER        # OWASP BenchmarkPython, by the weaknesses that it expects
    python -m benchmarks.health_recall --missed              # … and which were not found

A defect of the first set counts as found when a rule that is about it points at its line. A case of OWASP's counts as
told when a finding in its file has the case's CWE number; recall less false-positive rate is that benchmark's score.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ci_core.health.checkers.registry import CHECKERS
from ci_core.health.rules.catalogue import catalogue
from ci_core.health.runner import run_checkers
from ci_core.health.target import read_target
from ci_core.health.values import CheckerOutcome, CheckRequest, Sighting
from ci_core.settings.health import HealthSettings
from db.enums import CheckType

CODE = ("lint", "flows", "code_bugs", "bandit", "credentials", "types", "dead_code", "complexity")
SECURITY = ("lint", "flows", "bandit", "credentials")
DEFECTS = Path(__file__).with_name("injected_defects.txt")
MARK = "#!"
RECALL, YOUDEN, PRECISION = (0.90, 0.95), (0.45, 0.60), 0.75


def looked_at(folder: Path, names: Sequence[str]) -> list[CheckerOutcome]:
    """What these checkers see in a folder; one that fails ends the measurement."""
    settings = HealthSettings()
    target = read_target(CheckRequest(CheckType.FULL_SCAN, folder), settings=settings)
    chosen = [checker for checker in CHECKERS if checker.name in names]
    with tempfile.TemporaryDirectory() as data:
        outcomes = list(run_checkers(target, chosen, settings=settings, data_dir=Path(data)))
    for outcome in outcomes:
        if outcome.report is None:
            sys.exit(f"{outcome.name}: {outcome.error}")
        print(
            f"  {outcome.name:12} {outcome.seconds:6.1f} s  {len(outcome.report.seen)} of {len(outcome.expected)} files"
        )
    return outcomes


@dataclass(frozen=True, slots=True)
class Defect:
    """One way to make a defect: which rules are about it, a module that has it, and in which line."""

    kind: str
    pattern: str
    source: str
    line: int


def defects() -> list[Defect]:
    """Those of the file beside this."""
    found = []
    for section in DEFECTS.read_text(encoding="utf-8").split("\n== ")[1:]:
        head, *variants = section.split("\n--\n")
        kind, pattern = head.split(" | ", 1)
        for variant in variants:
            lines = variant.rstrip().split("\n")
            line = next(at for at, text in enumerate(lines, 1) if text.endswith(MARK))
            source = "\n".join(text.removesuffix(f"  {MARK}") for text in lines) + "\n"
            found.append(Defect(kind, pattern, source, line))
    return found


def injected(*, missed: bool) -> bool:
    """Write each variant into a file of its own and look for it."""
    every = {f"case_{number:03}.py": defect for number, defect in enumerate(defects())}
    kinds: dict[str, list[bool]] = defaultdict(list)
    seen: dict[str, list[Sighting]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "defects"
        folder.mkdir()
        for path, defect in every.items():
            (folder / path).write_text(defect.source, encoding="utf-8")
        print(f"{len(every)} injected defects of {len({defect.kind for defect in every.values()})} kinds")
        for outcome in looked_at(folder, CODE):
            for sighting in outcome.report.sightings if outcome.report else ():
                seen[sighting.path or ""].append(sighting)
    for path, defect in every.items():
        hit = any(_is_it(one, defect) for one in seen[path])
        kinds[defect.kind].append(hit)
        if missed and not hit:
            others = ", ".join(f"{one.checker}:{one.rule} in line {one.line}" for one in seen[path])
            print(f"  missed: {defect.kind} in line {defect.line} of\n{defect.source}  seen: {others or 'nothing'}")
    recall = sum(sum(hits) for hits in kinds.values()) / len(every)
    by_kind = sum(sum(hits) / len(hits) for hits in kinds.values()) / len(kinds)
    print(f"recall {recall:.3f} of all, {by_kind:.3f} over kinds (must {RECALL[0]:.2f}, aim {RECALL[1]:.2f})")
    return min(recall, by_kind) >= RECALL[0]


def _is_it(sighting: Sighting, defect: Defect) -> bool:
    first = sighting.line or 0
    near = first <= defect.line <= max(first, sighting.end_line or first)
    return near and re.search(defect.pattern, f"{sighting.checker}:{sighting.rule}") is not None


@dataclass(slots=True)
class Cases:
    """How the cases of one category were told."""

    right: int = 0
    missed: int = 0
    false: int = 0
    quiet: int = 0

    @property
    def youden(self) -> float:
        """Recall less false-positive rate."""
        return self.right / max(1, self.right + self.missed) - self.false / max(1, self.false + self.quiet)


def owasp(folder: Path, *, missed: bool) -> bool:
    """Look at the benchmark's cases; nothing of its files is executed."""
    (listed,) = folder.glob("expectedresults-*.csv")
    rows = [row for row in csv.reader(listed.read_text(encoding="utf-8").splitlines()) if not row[0].startswith("#")]
    print(f"OWASP BenchmarkPython, {len(rows)} cases")
    told: dict[str, set[str]] = defaultdict(set)
    table = catalogue()
    for outcome in looked_at(folder, SECURITY):
        for sighting in outcome.report.sightings if outcome.report else ():
            judgement = table.judge(sighting)
            if judgement is not None and judgement.cwe is not None:
                told[Path(sighting.path or "").stem].add(judgement.cwe.removeprefix("CWE-"))
    categories: dict[str, Cases] = defaultdict(Cases)
    for name, category, real, cwe in rows:
        cases, hit = categories[category], cwe in told[name]
        if real == "true":
            cases.right, cases.missed = cases.right + hit, cases.missed + (not hit)
        else:
            cases.false, cases.quiet = cases.false + hit, cases.quiet + (not hit)
        if missed and hit != (real == "true"):
            print(f"  {'missed' if real == 'true' else 'false alarm'}: {name} ({category})")
    everything = Cases(*(sum(getattr(one, name) for one in categories.values()) for name in Cases.__slots__))
    for category, cases in sorted(categories.items()):
        print(
            f"  {category:16} {cases.right:4} right {cases.missed:4} missed {cases.false:4} false  {cases.youden:+.3f}"
        )
    precision = everything.right / max(1, everything.right + everything.false)
    mean = sum(cases.youden for cases in categories.values()) / len(categories)
    print(
        f"recall less false-positive rate {everything.youden:.3f} of all, {mean:.3f} over categories "
        f"(must {YOUDEN[0]:.2f}, aim {YOUDEN[1]:.2f}); precision {precision:.3f} (must {PRECISION:.2f})"
    )
    return min(everything.youden, mean) >= YOUDEN[0] and precision >= PRECISION


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; status 1 where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--owasp", type=Path, metavar="FOLDER", help="a checkout of OWASP-Benchmark/BenchmarkPython")
    parser.add_argument("--missed", action="store_true", help="name what was not found, and what was a false alarm")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    kept = owasp(options.owasp, missed=options.missed) if options.owasp else injected(missed=options.missed)
    print(f"{time.perf_counter() - began:.1f} s")
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
