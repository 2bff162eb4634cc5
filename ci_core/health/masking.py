"""Takes the secret out of a line of source that holds one: what it is called stays, what it is goes."""

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
