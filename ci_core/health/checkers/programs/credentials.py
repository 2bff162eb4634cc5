"""Looks for credentials with detect-secrets: never over the network, and never telling what it found."""

from __future__ import annotations

import re
from typing import Any

from ci_core.health.checkers.programs.answering import answer
from ci_core.health.checkers.programs.each_file import Entries, each_file

# What detect-secrets calls a value that is known by its name alone, such as "password".
BY_NAME = "Secret Keyword"
LONGEST_LINE = 2_000
# All kinds that are known by their form, and names such as "password" with a value. Those that are known by nothing but
# their disorder are left out: of what they find, hardly one in a hundred is a credential.
_LEFT_OUT = frozenset({"Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector"})
_FILTERS = (
    "detect_secrets.filters.heuristic.is_sequential_string",
    "detect_secrets.filters.heuristic.is_prefixed_with_dollar_sign",
    "detect_secrets.filters.heuristic.is_not_alphanumeric_string",
    "detect_secrets.filters.heuristic.is_indirect_reference",
    "detect_secrets.filters.heuristic.is_templated_secret",
)
# Each kind costs a search of its own in each line; without one of these, none of them can find anything there.
_NAMES = ("pass", "pwd", "secret", "token", "key", "auth", "credential", "contras", "api")
_FORMS = (
    *(
        "AKIA",
        "ASIA",
        "ABIA",
        "ACCA",
        "A3T",
        "aws",
        "AWS",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "glpat",
        "gl",
        "xox",
        "eyJ",
    ),
    *(
        "_live_",
        "sq0",
        "SG.",
        "npm",
        "pypi-",
        "BEGIN",
        "AKC",
        "AP",
        "slack",
        "T3BlbkFJ",
        "-us",
        "://",
        "softlayer",
        "sl_",
    ),
    *("cloudant", "ibm", "IBM", "cos_", "AccountKey", "hmac", "SoftLayer", "SOFTLAYER"),
)
# Long runs of signs, such as tokens of Telegram, Discord and Twilio are.
_LONG = re.compile(r"[\w-]{23}")
# What stands where a credential will be, or names one. Tokens that are known by their form are real more often.
_PLACEHOLDER = re.compile(
    r"^(?:[x*.\-_#]+|.*(?:example|changeme|change_me|placeholder|dummy|redacted|your[_\- ]|_here|todo|xxx|\.\.\.).*"
    r"|<.*>|\{.*\}|\[.*\]|.*\$\{.*|%\(.*|os\.(?:environ|getenv).*|st\.secrets.*)$",
    re.IGNORECASE,
)
# Passwords of addresses in examples: user:password@host, ava:abc123@host.
_BASIC = "Basic Auth Credentials"
_EXAMPLE = re.compile(
    r"^(?:(?:my|the|db|some|new)?[-_]?(?:pass(?:word|wd|phrase)?|pwd|pw|secret|token|key)\d*|abc123\w*|foo|bar|baz|test(?:ing)?"
    r"|username|user|host|n/?a)$",
    re.IGNORECASE,
)
_NO_KEYWORD = re.compile(
    r"\s|[()\[\]]|^self\.|^[a-z_]+\.[a-z_.]+$|^[A-Z][A-Z0-9_]+$|^[a-z]{1,6}$|^(?:password|passwd|secrets?|tokens?|api[_-]?key)$"
)
_PROSE = (".md", ".txt", ".rst", ".adoc")


def look(question: dict[str, Any]) -> dict[str, Any]:
    """Which kinds of credentials stand in which lines of each file."""
    from detect_secrets.settings import default_settings, get_settings, transient_settings

    with default_settings():
        kinds = [{"name": name} for name in get_settings().plugins if name not in _LEFT_OUT]
    settings = {"plugins_used": kinds, "filters_used": [{"path": path} for path in _FILTERS]}
    with transient_settings(settings):
        return each_file(question, _read)


def _read(source: bytes, path: str) -> Entries:
    if b"\0" in source[:8000]:
        return []
    found: Entries = []
    for number, line in enumerate(source.decode("utf-8", "replace").split("\n"), 1):
        if len(line) > LONGEST_LINE:
            continue
        lower = line.lower()
        named = any(sign in line for sign in "=:\"'") and any(name in lower for name in _NAMES)
        formed = any(form in line for form in _FORMS) or _LONG.search(line) is not None
        if named or formed:
            found += _in_line(line, number, path, named=named, formed=formed)
    return found


def _in_line(line: str, number: int, path: str, *, named: bool, formed: bool) -> Entries:
    # `scan_line` forgets its settings with every line, and does not know of files in which values need no quotes.
    from detect_secrets.core.scan import _scan_line
    from detect_secrets.settings import get_plugins
    from detect_secrets.util.code_snippet import get_code_snippet

    context = get_code_snippet(lines=[line], line_number=1)
    seen: dict[str, dict[str, Any]] = {}
    secrets = (
        secret
        for plugin in get_plugins()
        if (named if plugin.secret_type == BY_NAME else formed)
        for secret in _scan_line(plugin=plugin, filename=path, line=line, line_number=number, context=context)
    )
    for secret in secrets:
        value = secret.secret_value or ""
        example, prose = secret.type == _BASIC and bool(_EXAMPLE.match(value)), path.lower().endswith(_PROSE)
        if _is_none(secret.type, value) or (example and prose):
            continue
        severity = "low" if example else "medium" if secret.type == BY_NAME and prose else "high"
        # Nothing of the value is told on, not even a hash, by which a weak one could be guessed.
        seen[f"{secret.type}:{value}"] = {
            "rule": re.sub(r"[^a-z0-9]+", "-", secret.type.lower()).strip("-"),
            "message": f"A credential stands in the source ({secret.type}).",
            "line": number,
            "details": {"kind": secret.type, "severity": severity},
        }
    return list(seen.values())


def _is_none(kind: str, value: str) -> bool:
    return bool(_PLACEHOLDER.match(value)) or (kind == BY_NAME and (len(value) < 4 or bool(_NO_KEYWORD.search(value))))


if __name__ == "__main__":
    answer(look)
