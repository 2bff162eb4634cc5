"""Takes secrets out of what is logged: the configured ones wherever they stand, and whatever looks like one.

A processor of structlog's kind: the last one before a line is written, after exceptions have become text.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from ci_core.settings import Settings

HIDDEN = "[secret]"
# A shorter one would be found by chance in every other word.
SHORTEST = 4
# Of a longer text, the beginning says what it is, and the end of a traceback says most.
LONGEST_TEXT, BEGINNING = 10_000, 2_000
# Nobody reads further, and no pattern shall take its time with it.
LONGEST_READ = 100_000
# Where a text was cut, half a secret may stand, which no pattern knows.
HALF_A_SECRET = 1_000
MOST_ITEMS = 100
DEEPEST = 8

# Names of fields whose value is never written, whatever it is. "tokens_in" and "lock_key" are none of them.
NAMES = (
    r"pass(?:word|wd|phrase)|pwd|secrets?|token|authorization|cookie|credentials?|jwt|"
    r"(?:api|access|private|secret|client|auth|signing|session|stackexchange|openai|github|reddit)[-_. ]?key"
)
SECRET_NAME = re.compile(rf"(?:{NAMES})$", re.IGNORECASE)
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)", re.DOTALL
)
LOGIN = re.compile(r"(://)[^\s/@'\"<>]+@")
SCHEME = re.compile(
    r"\b(?P<scheme>Bearer\s+|token\s+(?=\S*\d)(?=[\w.~-]{16})|(?:Basic|Digest|Negotiate)\s+(?-i:(?=[\w.~+/-]*[A-Z0-9=])))"
    r"[\w.~+/=-]{6,}",
    re.IGNORECASE,
)
SHAPES = re.compile(
    r"\b(?:"
    r"(?:sk|pk|rk|key)-[\w*.-]{3,}"  # chat models quote a wrong key back, in part or with stars
    r"|gh[a-z]_\w{10,}|github_pat_\w{10,}|glpat-[\w-]{10,}"
    r"|xox[a-z]-[\w-]{8,}|hf_\w{10,}|AIza[\w-]{20,}|(?:AKIA|ASIA)[A-Z0-9]{12,}"
    r"|eyJ[\w-]{6,}\.[\w-]{4,}\.?[\w-]*"  # a JSON web token
    r")",
)
# What an earlier look has hidden already; then what stands in quotes, however often they are quoted themselves.
QUOTED = (
    r"\[secret\](?=[\s,;)\]}'\"&]|\Z)"
    r"|b?'(?:[^'\\]|\\.|'')*(?:'|\Z)|b?\"(?:[^\"\\]|\\.)*(?:\"|\Z)"
    r"|\\+['\"].*?(?:\\+['\"]|\Z)"
)
# A header, or a pair of one; where its value has no quotes, it goes on to the end of the line.
HEADER = re.compile(
    r"((?:proxy-)?authorization|(?:set-)?cookie2?|x-[\w-]{0,40}(?:key|token|auth|secret))"
    rf"(\\*['\"]?\s*[:=]\s*|\\*['\"]\s*,\s*(?=b?\\*['\"]))(?:{QUOTED}|[^\r\n]+)",
    re.IGNORECASE | re.DOTALL,
)
# password=…, "token": "…", client_secret='…'
ASSIGNED = re.compile(rf"({NAMES})(\\*['\"]?\s*(?:=|:(?!//))\s*)(?:{QUOTED}|[^\s&]+)", re.IGNORECASE | re.DOTALL)
QUERY = re.compile(r"([?&;](?:key|code|sig|signature|auth|access_key_id|x-amz-\w+)=)[^\s&#'\"]+", re.IGNORECASE)
# Settings that are addresses: what is secret in them is the password.
ADDRESSES = {"database_url", "openai_base_url", "ollama_host"}
PASSWORD = re.compile(r"(?:^|[\s?&])password\s*=\s*(?:'((?:[^'\\]|\\.)*)'|([^\s&]+))", re.IGNORECASE)


class Redactor:
    """Takes these secrets, and everything that looks like one, out of texts and values.

    Args:
        secrets: those that are known, for example the configured keys; also found in their usual other spellings.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings = {form for secret in secrets for form in _spellings(secret) if len(form) >= SHORTEST}
        longest_first = sorted(spellings, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(re.escape(form) for form in longest_first)) if longest_first else None

    @classmethod
    def of(cls, settings: Settings) -> Redactor:
        """Knows the secrets of these settings: those that are not shown when settings are printed."""
        return cls(_configured(settings))

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """The event without secrets; a processor of structlog."""
        return {self.text(str(name)): self.value(value, str(name)) for name, value in event.items()}

    def text(self, text: str) -> str:
        """The text without secrets, cut where nobody reads on."""
        found = text[:LONGEST_READ]
        if self._known is not None:
            found = self._known.sub(HIDDEN, found)
        # Most texts are short and have none of the signs that a pattern begins with: looking for those costs least.
        if "-----BEGIN" in found:
            found = PRIVATE_KEY.sub(HIDDEN, found)
        if "://" in found:
            found = LOGIN.sub(rf"\1{HIDDEN}@", found)
        if "=" in found or ":" in found or "," in found:
            found = HEADER.sub(rf"\1\2{HIDDEN}", found)
            found = ASSIGNED.sub(rf"\1\2{HIDDEN}", found)
            found = QUERY.sub(rf"\1{HIDDEN}", found)
        if " " in found or "\t" in found or "\n" in found:
            found = SCHEME.sub(rf"\g<scheme>{HIDDEN}", found)
        found = SHAPES.sub(HIDDEN, found)
        if len(text) > LONGEST_READ:
            found = found[:-HALF_A_SECRET]
        if len(found) <= LONGEST_TEXT:
            return found
        return f"{found[:BEGINNING]} … {found[BEGINNING - LONGEST_TEXT :]}"

    def value(self, value: object, name: str = "", depth: int = 0) -> Any:
        """The value as JSON can hold it, without secrets; `name` is the field's, which may tell that it is one."""
        if value is None or isinstance(value, bool):
            return value
        if is_secret_name(name):
            return HIDDEN
        if isinstance(value, int | float):
            return value if value == value and abs(value) != float("inf") else str(value)
        if isinstance(value, bytes | bytearray):
            return self.text(bytes(value[:LONGEST_READ]).decode("utf-8", errors="replace"))
        if isinstance(value, str):
            return self.text(value)
        if depth >= DEEPEST:
            return "…"
        if isinstance(value, Mapping):
            pairs = list(value.items())[:MOST_ITEMS]
            return {self.text(_shown(key)): self.value(item, _shown(key), depth + 1) for key, item in pairs}
        if isinstance(value, Sequence | set | frozenset):
            return self._items(list(value)[:MOST_ITEMS], depth)
        return self.text(_shown(value))

    def _items(self, items: list[Any], depth: int) -> list[Any]:
        # Headers come as pairs: [("authorization", "…")], and are one themselves: ("authorization", "…").
        if len(items) == 2 and isinstance(items[0], str | bytes) and is_secret_name(_shown(items[0])):
            return [_shown(items[0]), HIDDEN]
        return [self.value(item, "", depth + 1) for item in items]


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret: "password", "githubToken", "X-Api-Key"."""
    return SECRET_NAME.search(CAMEL.sub("_", name)) is not None


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - a foreign object that cannot be shown must not end the work that logs it
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


def _configured(settings: Settings) -> list[str]:
    """The secrets of the settings: every text that is not shown when they are printed."""
    found: list[str] = []
    for part in (settings, settings.health):
        for name, field in type(part).model_fields.items():
            value = getattr(part, name)
            if not field.repr and isinstance(value, str):
                found += _passwords(value) if name in ADDRESSES else [value]
    if settings.reddit_client_id and settings.reddit_client_secret:
        found.append(f"{settings.reddit_client_id}:{settings.reddit_client_secret}")
    return found


def _passwords(address: str) -> list[str]:
    in_login = urlsplit(address).password if "://" in address else None
    written = [quoted or bare for quoted, bare in PASSWORD.findall(address)]
    return [form for one in (in_login, *written) if one for form in (one, unquote(one))]


def _spellings(secret: str) -> set[str]:
    """The secret as it is, as addresses, JSON and Python write it, and as a header carries it."""
    if not secret:
        return set()
    encoded = base64.b64encode(secret.encode()).decode()
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        encoded,
        encoded.rstrip("="),
        base64.urlsafe_b64encode(secret.encode()).decode(),
        secret.encode().hex(),
    }
