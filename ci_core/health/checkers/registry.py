"""All checkers. A new one is a file beside this, and one entry here."""

from __future__ import annotations

from collections.abc import Sequence

from ci_core.errors import InvalidInput
from ci_core.health.checkers import credentials
from ci_core.health.checkers.kinds import Checker
from ci_core.health.values import CheckRequest, SourceFile
from db.enums import CheckType, IssueType

_PACKAGE = "ci_core.health.checkers"
_CODE = frozenset({CheckType.FULL_SCAN, CheckType.QUICK_SCAN, CheckType.FEATURE_SPECIFIC})
_PACKAGES = frozenset({CheckType.FULL_SCAN, CheckType.DEPENDENCY_CHECK})
_CODE_AND_SECURITY = _CODE | {CheckType.SECURITY_SCAN}


def _python(file: SourceFile) -> bool:
    return file.is_python


CHECKERS: tuple[Checker, ...] = (
    Checker(
        name="lint",
        title="Rules of code and security (ruff)",
        parts=frozenset({IssueType.CODE_QUALITY, IssueType.BUGS, IssueType.SECURITY, IssueType.PERFORMANCE}),
        work=f"{_PACKAGE}.lint:check",
        check_types=_CODE_AND_SECURITY,
        looks_at=_python,
        usual_seconds=1.5,
    ),
    Checker(
        name="flows",
        title="What comes from outside, followed to where it does harm",
        parts=frozenset({IssueType.SECURITY}),
        work=f"{_PACKAGE}.flows.checker:check",
        check_types=_CODE_AND_SECURITY,
        looks_at=_python,
        usual_seconds=9.0,
    ),
    Checker(
        name="code_bugs",
        title="Bugs and slow code of our own rules",
        parts=frozenset({IssueType.BUGS, IssueType.PERFORMANCE}),
        work=f"{_PACKAGE}.code_bugs:check",
        check_types=_CODE,
        looks_at=_python,
        usual_seconds=6.0,
    ),
    Checker(
        name="bandit",
        title="Security tests that ruff lacks (bandit)",
        parts=frozenset({IssueType.SECURITY}),
        work=f"{_PACKAGE}.bandit:check",
        check_types=_CODE_AND_SECURITY,
        looks_at=_python,
        usual_seconds=1.0,
    ),
    Checker(
        name="credentials",
        title="Passwords, keys and tokens in files (detect-secrets)",
        parts=frozenset({IssueType.SECURITY}),
        work=f"{_PACKAGE}.credentials:check",
        check_types=_CODE_AND_SECURITY,
        looks_at=credentials.looks_at,
        usual_seconds=8.0,
    ),
    Checker(
        name="complexity",
        title="Functions that are hard to follow (complexipy)",
        parts=frozenset({IssueType.CODE_QUALITY}),
        work=f"{_PACKAGE}.complexity:check",
        check_types=_CODE,
        looks_at=_python,
        usual_seconds=1.0,
    ),
    Checker(
        name="dead_code",
        title="Code that nothing uses (vulture)",
        parts=frozenset({IssueType.CODE_QUALITY}),
        work=f"{_PACKAGE}.dead_code:check",
        # It must read every file for every answer, which a quick scan has no time for.
        check_types=_CODE - {CheckType.QUICK_SCAN},
        looks_at=_python,
        usual_seconds=6.0,
    ),
    Checker(
        name="types",
        title="Contradictions of types (mypy)",
        parts=frozenset({IssueType.BUGS}),
        work=f"{_PACKAGE}.types:check",
        check_types=_CODE,
        looks_at=_python,
        usual_seconds=12.0,
    ),
    Checker(
        name="duplication",
        title="Code that stands in several places",
        parts=frozenset({IssueType.CODE_QUALITY}),
        work=f"{_PACKAGE}.duplication:check",
        # As it is with dead code.
        check_types=_CODE - {CheckType.QUICK_SCAN},
        looks_at=_python,
        usual_seconds=2.5,
    ),
    Checker(
        name="documentation",
        title="What says what it is for (docstrings, README)",
        parts=frozenset({IssueType.DOCUMENTATION}),
        work=f"{_PACKAGE}.documentation:check",
        check_types=_CODE,
        looks_at=_python,
        usual_seconds=3.0,
    ),
    Checker(
        name="vulnerabilities",
        title="Known vulnerabilities of packages",
        parts=frozenset({IssueType.DEPENDENCIES}),
        work=f"{_PACKAGE}.vulnerabilities:check",
        check_types=_PACKAGES | {CheckType.QUICK_SCAN, CheckType.SECURITY_SCAN},
        usual_seconds=0.2,
    ),
    Checker(
        name="dependencies",
        title="Missing, unused and outdated packages, licences",
        parts=frozenset({IssueType.DEPENDENCIES}),
        work=f"{_PACKAGE}.dependencies:check",
        check_types=_PACKAGES,
        usual_seconds=3.0,
    ),
    Checker(
        name="tests",
        title="Tests and what of the code they run",
        parts=frozenset({IssueType.TESTS}),
        work=f"{_PACKAGE}.tests:check",
        check_types=frozenset({CheckType.FULL_SCAN}),
        usual_seconds=120.0,
        # The copy of the repository and the start of its interpreter are not the tests' own time.
        seconds=lambda settings: settings.tests_seconds + 120,
    ),
    Checker(
        name="performance",
        title="Pages, slow queries and imports, measured",
        parts=frozenset({IssueType.PERFORMANCE}),
        work=f"{_PACKAGE}.performance:check",
        check_types=frozenset({CheckType.FULL_SCAN, CheckType.PERFORMANCE_TEST}),
        usual_seconds=20.0,
    ),
)


def chosen(request: CheckRequest, checkers: Sequence[Checker] = CHECKERS) -> tuple[Checker, ...]:
    """The checkers that take part in a check, in the order of the registry.

    Raises:
        InvalidInput: a name that is asked for is none, or takes no part in checks of this type.
    """
    taking_part = [checker for checker in checkers if request.check_type in checker.check_types]
    names = {checker.name for checker in taking_part}
    unknown = [name for name in request.checkers if name not in names]
    if unknown:
        raise InvalidInput(
            "checkers",
            f"{unknown[0]} is no checker of a {request.check_type.value.replace('_', ' ')}. "
            f"There are: {', '.join(sorted(names)) or 'none'}.",
        )
    return tuple(checker for checker in taking_part if not request.checkers or checker.name in request.checkers)
