"""How bad a finding is: the farther what does harm comes from, the likelier that somebody chose it to do harm.

The levels follow the CWE top 25 of 2024 and the OWASP top 10 of 2021, one lower for
what only a caller within the program decides, two for what is merely not certain.
"""

from __future__ import annotations

from ci_core.health.checkers.flows.frames import Finding
from ci_core.health.checkers.flows.values import Origin
from db.enums import Severity

CWES = {
    "sql-injection": "CWE-89",
    "command-injection": "CWE-78",
    "code-injection": "CWE-94",
    "path-traversal": "CWE-22",
    "path-from-argument": "CWE-22",
    "open-redirect": "CWE-601",
    "cross-site-scripting": "CWE-79",
    "template-injection": "CWE-1336",
    "xpath-injection": "CWE-643",
    "ldap-injection": "CWE-90",
    "trust-boundary": "CWE-501",
    "unsafe-deserialization": "CWE-502",
    "server-side-request": "CWE-918",
    "xml-external-entities": "CWE-611",
    "archive-traversal": "CWE-22",
    "debug-mode": "CWE-489",
    "hardcoded-secret": "CWE-798",
    "insecure-cookie": "CWE-614",
    "script-readable-cookie": "CWE-1004",
    "predictable-secret": "CWE-330",
    "predictable-number": "CWE-330",
    "unverified-token": "CWE-347",
    "weak-hash": "CWE-328",
}
# Run whatever they are given.
_RUNS_ANYTHING = frozenset({
    "sql-injection", "command-injection", "code-injection", "unsafe-deserialization", "template-injection",
})  # fmt: skip
_HIGH = frozenset({
    "path-traversal", "cross-site-scripting", "xpath-injection", "ldap-injection", "server-side-request",
    "xml-external-entities",
})  # fmt: skip
_FIXED = {
    "archive-traversal": Severity.HIGH,
    "debug-mode": Severity.HIGH,
    "hardcoded-secret": Severity.HIGH,
    "unverified-token": Severity.HIGH,
    "open-redirect": Severity.MEDIUM,
    "trust-boundary": Severity.MEDIUM,
    "insecure-cookie": Severity.MEDIUM,
    "predictable-secret": Severity.MEDIUM,
    "weak-hash": Severity.MEDIUM,
    "path-from-argument": Severity.LOW,
    "predictable-number": Severity.INFO,
    "script-readable-cookie": Severity.LOW,
}
_ORDER = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)


def severity(found: Finding) -> Severity:
    """The level of one finding."""
    if found.rule in _FIXED:
        return _FIXED[found.rule]
    worst = 0 if found.rule in _RUNS_ANYTHING else 1 if found.rule in _HIGH else 2
    lower = {Origin.OUTSIDE: 0, Origin.LOCAL: 1, Origin.ARGUMENT: 1, Origin.UNKNOWN: 2}[found.origin]
    return _ORDER[min(worst + lower, len(_ORDER) - 1)]
