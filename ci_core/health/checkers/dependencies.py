"""Packages that are imported and not named, or named and not imported (deptry), and licences that oblige."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

from ci_core.health.checkers.kinds import CheckerFailed, NotApplicable, Workbench
from ci_core.health.checkers.outdated import outdated_packages
from ci_core.health.checkers.tools import binary, run_tool
from ci_core.health.environments import Installed, find_python, installed_packages
from ci_core.health.manifests import Declared, Manifests, Use, read_manifests
from ci_core.health.manifests.module_names import UNIMPORTED, modules_by_package
from ci_core.health.syntax import Unparsable, parse
from ci_core.health.values import Report, Sighting, Target
from db.enums import IssueType, Severity

NAME = "dependencies"
MISSING, UNUSED, MISPLACED = "missing-dependency", "unused-dependency", "misplaced-development-dependency"
COPYLEFT = "copyleft-licence"
GROUP = "development"
# deptry's codes: not declared at all, declared by nobody here but installed with another package, named and not used,
# for development only and used at run time. (Installed is meant of our own environment, which says nothing here.)
CODES = {"DEP001": MISSING, "DEP003": MISSING, "DEP002": UNUSED, "DEP004": MISPLACED}
NEVER_SCANNED = r"(?:.*/)?(?:\.git|\.hg|\.tox|\.nox|\.venv|venv|node_modules|site-packages)/"
TEST_PLACE = re.compile(r"(^|/)(tests?|testing)(/|$)|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")
TOLD_BY_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
# Licences that oblige whoever hands the whole on to hand its source on too. The lesser and library ones do not.
STRONG_COPYLEFT = re.compile(
    r"(?<![\w])(?:A?GPL(?=v?\d|\W|$)|(?:Affero )?(?:GNU )?General Public Licen[sc]e)", re.IGNORECASE
)
WEAK_COPYLEFT = re.compile(r"LGPL|Lesser General|Library General|with[- ].*exception", re.IGNORECASE)
BLOCKS = (ast.Try, ast.If, ast.With)
MOST_PLACES = 20


def check(target: Target, workbench: Workbench) -> Report:
    """Compare what is imported with what is named, and look at the licences of what is installed.

    Raises:
        NotApplicable: no file of the repository names packages.
        CheckerFailed: deptry is missing or failed.
    """
    manifests = read_manifests(target)
    if not manifests.declared:
        raise NotApplicable(
            "No file of the repository names packages that it needs.",
            remedy="Name them in pyproject.toml or requirements.txt.",
        )
    python = find_python(target.root, workbench.settings)
    installed = installed_packages(python) if python is not None else {}
    version, found = _deptry(target, manifests, installed, workbench)
    newer, index_metrics = outdated_packages(manifests, installed, workbench)
    told = [*_imports(target, found), *_unused(manifests, found), *_licences(manifests, installed), *newer]
    return Report(
        sightings=tuple(told),
        seen=manifests.read | {file.path for file in target.files.values() if file.is_python},
        unseen=manifests.unread,
        looked_at_whole=not manifests.unread,
        version=version,
        metrics={**_licence_metrics(manifests, installed), **index_metrics},
    )


def _deptry(
    target: Target, manifests: Manifests, installed: Mapping[str, Installed], workbench: Workbench
) -> tuple[str, list[Mapping[str, Any]]]:
    """What deptry found, told by a file of ours what is named: the repository's own settings for it are not read."""
    config, answer = workbench.scratch / "pyproject.toml", workbench.scratch / "deptry.json"
    config.write_text(_project(manifests.declared), encoding="utf-8")
    named = {one.name for one in manifests.declared}
    modules = modules_by_package({name: one.modules for name, one in installed.items()})
    mapping = ",".join(f"{name}={'|'.join(modules[name])}" for name in sorted(named & modules.keys()))
    program = binary("deptry")
    arguments = [
        *program, ".", "--config", str(config), "--json-output", str(answer), "--no-ansi", "--ignore-notebooks",
        "--exclude", _excluded(target), "--optional-dependencies-dev-groups", GROUP,
        *(["--package-module-name-map", mapping] if mapping else []),
        *(part for name in _own_modules(target) for part in ("--known-first-party", name)),
    ]  # fmt: skip
    run_tool(arguments, cwd=target.root, workbench=workbench, ok=(0, 1))
    try:
        found = json.loads(answer.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckerFailed("deptry wrote what is no answer.") from error
    return f"deptry {metadata.version('deptry')}", [one for one in found if isinstance(one, dict)]


def _project(declared: Iterable[Declared]) -> str:
    """A pyproject.toml that names the packages; one that runtime needs is not named for development too."""
    runtime = {one.name for one in declared if one.use is Use.RUNTIME}
    development = {one.name for one in declared} - runtime
    return (
        '[project]\nname = "checked-repository"\nversion = "0"\n'
        f"dependencies = {json.dumps(sorted(runtime))}\n"
        f"[project.optional-dependencies]\n{GROUP} = {json.dumps(sorted(development))}\n"
    )


def _excluded(target: Target) -> str:
    places = [re.escape(one.path.rstrip("/")) for one in target.excluded]
    return "|".join([NEVER_SCANNED, *(f"(?:\\./)?{place}(?:/|$)" for place in places)])


def _own_modules(target: Target) -> list[str]:
    """Names that are modules somewhere in the repository: scripts find them by ways that cannot be known here."""
    names: set[str] = set()
    for path in (PurePosixPath(file.path) for file in target.files.values() if file.is_python):
        names.add(path.stem)
        names.update(path.parent.parts)
    return sorted(name for name in names if name.isidentifier())


def _imports(target: Target, found: Sequence[Mapping[str, Any]]) -> Iterator[Sighting]:
    """What is imported and not named, or named for development only: once for each module, where it is first needed."""
    places: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for one in found:
        rule = CODES.get(one.get("error", {}).get("code", ""))
        path, line = _place(one)
        if rule in {MISSING, MISPLACED} and path in target.files:
            places.setdefault((rule, str(one.get("module"))), []).append((path, line))
    optional = _Optional(target.root)
    for (rule, module), where in sorted(places.items()):
        # What only tests import may be made by them; where it is lacking, the tests say so themselves.
        needed = [place for place in where if not TEST_PLACE.search(place[0]) and not optional(*place)]
        if not needed:
            continue
        (path, line), *others = sorted(needed)
        message = (
            f"{module} is imported here, and no file names the package that it comes from."
            if rule == MISSING
            else f"{module} is imported here, and its package is named for development only."
        )
        more = {"module": module, "imported_in": len(needed), "also_in": [f"{a}:{b}" for a, b in others[:MOST_PLACES]]}
        yield _sighting(rule, message, path, line, module, Severity.MEDIUM, more)


def _unused(manifests: Manifests, found: Sequence[Mapping[str, Any]]) -> Iterator[Sighting]:
    unused = {str(one.get("module")) for one in found if one.get("error", {}).get("code") == "DEP002"}
    first: dict[str, Declared] = {}
    for one in manifests.declared:
        # What a lock file names came along with something else.
        if one.name in unused and one.use is Use.RUNTIME and not one.locked and not UNIMPORTED.match(one.name):
            first.setdefault(one.name, one)
    for name, one in sorted(first.items()):
        message = f"{name} is named here, and no file imports it."
        yield _sighting(UNUSED, message, one.path, one.line, name, Severity.LOW, {"package": name})


def _licences(manifests: Manifests, installed: Mapping[str, Installed]) -> Iterator[Sighting]:
    seen: set[str] = set()
    for one in manifests.declared:
        licence = installed[one.name].licence if one.name in installed else None
        if licence is None or one.use is not Use.RUNTIME or one.name in seen or not is_strong_copyleft(licence):
            continue
        seen.add(one.name)
        message = f"{one.name} is under “{licence}”: whoever hands the whole on must hand on its source."
        more = {"package": one.name, "licence": licence}
        yield _sighting(COPYLEFT, message, one.path, one.line, one.name, Severity.LOW, more)


def is_strong_copyleft(licence: str) -> bool:
    """Whether a licence, as metadata write it, obliges to hand on the source of the whole; a choice frees from it."""
    choices = re.split(r"\s+OR\s+|;|/", licence)
    return all(STRONG_COPYLEFT.search(one) and not WEAK_COPYLEFT.search(one) for one in choices)


def _licence_metrics(manifests: Manifests, installed: Mapping[str, Installed]) -> dict[str, Any]:
    """How many of the named packages are under which licence; nothing where there is no environment to look at."""
    if not installed:
        return {}
    named = {one.name for one in manifests.declared} & installed.keys()
    licences = Counter(installed[name].licence or "not said" for name in named)
    return {"licences": dict(licences.most_common(30)), "packages_installed": len(installed)}


def _sighting(
    rule: str, message: str, path: str, line: int, subject: str, severity: Severity, more: Mapping[str, Any]
) -> Sighting:
    details = {**more, "severity": severity.value, "part": IssueType.DEPENDENCIES.value}
    return Sighting(NAME, rule, message, path=path, line=line, subject=subject, details=details)


def _place(one: Mapping[str, Any]) -> tuple[str, int]:
    location = one.get("location") or {}
    return str(location.get("file", "")).removeprefix("./").replace("\\", "/"), int(location.get("line") or 1)


class _Optional:
    """Tells whether an import may fail without harm: something catches that, or only a type checker looks at it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._spans: dict[str, tuple[range, ...]] = {}

    def __call__(self, path: str, line: int) -> bool:
        if path not in self._spans:
            try:
                tree: ast.AST = parse((self._root / path).read_bytes(), path)
            except (OSError, Unparsable):
                self._spans[path] = ()
            else:
                self._spans[path] = tuple(_optional_spans(tree))
        return any(line in span for span in self._spans[path])


def _optional_spans(tree: ast.AST) -> Iterator[range]:
    return (_lines(node.body) for node in ast.walk(tree) if isinstance(node, BLOCKS) and _may_fail(node))


def _may_fail(node: ast.Try | ast.If | ast.With) -> bool:
    if isinstance(node, ast.Try):
        return any(_catches(handler.type) for handler in node.handlers)
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.dump(node.test)
    return "suppress" in ast.dump(node.items[0].context_expr)


def _lines(body: Sequence[ast.stmt]) -> range:
    return range(body[0].lineno, (body[-1].end_lineno or body[-1].lineno) + 1)


def _catches(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any((one.id if isinstance(one, ast.Name) else getattr(one, "attr", "")) in TOLD_BY_ERRORS for one in kinds)
