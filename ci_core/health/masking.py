"""Takes secrets out of source: what they are called stays, what they are goes.

Two measures: of a line that a checker knows to hold one, every text goes; of any other, what looks like one, because
the checker that finds credentials may have failed, or not have looked.
"""

from __future__ import annotations

import re

HIDDEN = "•••"
# A text in quotes with four signs or more.
QUOTED = re.compile(r"""(?P<quote>'''|\"\"\"|['"`])(?P<text>(?:\\.|(?!(?P=quote)).){4,}?)(?P=quote)""", re.DOTALL)
# What has no quotes: the value of NAME=value and name: value to the end of the line, …
ASSIGNED = re.compile(
    r"(?P<name>^\s*(?:export\s+|-\s+|set\s+)?[\w.\-\[\]]+\s*(?:=|:(?!//))\s*)(?P<text>[^\s'\"`{(\[].*)$", re.M
)
# … a login in an address, …
LOGIN = re.compile(r"(?P<name>://[^\s:/@]*:)(?P<text>[^\s@]+)(?=@)")
# … and whatever is too long and too mixed to be a word.
TOKEN = re.compile(r"(?=[A-Za-z_\-+/=]*\d)[A-Za-z0-9_\-+/=]{16,}")

# What is called a secret and is given as a text, in code, in a call, and in a mapping.
NAMED = re.compile(
    r"""(?P<name>(?i:pass(?:word|wd|phrase)|pwd|secret|token|credential|api_?key|access_?key|private_?key)\w{0,20}"""
    r"""['"]?\]?\s{0,4}(?::\s{0,4}\w{1,20}\s{0,4}=|=(?!=)|:)\s{0,4}[bBrRuUfF]{0,2})(?P<quote>['"])(?P<text>(?:\\.|(?!(?P=quote))[^\n]){4,}?)"""
    r"""(?P=quote)"""
)
# What keys of well-known services look like, and the lines of a private key.
SHAPES = re.compile(
    r"\b(?:(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,}|gh[a-z]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|xox[a-z]-[\w-]{10,}|hf_\w{20,}|AIza[\w-]{30,}|(?:AKIA|ASIA)[A-Z0-9]{12,}|eyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?)"
)
KEY_LINES = re.compile(r"^[^\n]{0,40}?(?P<text>[A-Za-z0-9+/]{60,}={0,2})[^\n]{0,10}$", re.M)


def without_likely_secrets(text: str) -> str:
    """Source without what looks like a credential; all else stays.

    >>> without_likely_secrets('login(user="me", password="hunter22", retries=3)')
    'login(user="me", password="•••", retries=3)'
    """
    text = NAMED.sub(lambda found: f"{found['name']}{found['quote']}{HIDDEN}{found['quote']}", text)
    text = LOGIN.sub(rf"\g<name>{HIDDEN}", text)
    text = KEY_LINES.sub(lambda found: found[0].replace(found["text"], HIDDEN), text)
    return SHAPES.sub(HIDDEN, text)


def without_secrets(text: str) -> str:
    """Source without the texts in it and without whatever looks like a key; names and operators stay.

    >>> without_secrets('password = "hunter22"')
    'password = "•••"'
    >>> without_secrets("API_KEY=abc-def-ghi")
    'API_KEY=•••'
    """
    text = QUOTED.sub(lambda found: f"{found['quote']}{HIDDEN}{found['quote']}", text)
    text = LOGIN.sub(rf"\g<name>{HIDDEN}", text)
    text = ASSIGNED.sub(lambda found: found["name"] + _value(found["text"]), text)
    return TOKEN.sub(HIDDEN, text)


def _value(text: str) -> str:
    """A value without quotes: hidden, unless it is a call or another expression with texts that are hidden already."""
    return text if HIDDEN in text else HIDDEN
