"""Keeps keys and passwords out of every text that is shown, logged or stored."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ci_core.settings import Settings

HIDDEN = "[secret]"
# Providers quote a wrong key back, in part or with stars: "Incorrect API key provided: sk-abc***xyz".
LOOKS_LIKE_A_KEY = re.compile(r"\b(?:sk|pk|key)-[\w*.\-]{3,}|\bBearer\s+\S+", re.IGNORECASE)
LOGIN = re.compile(r"(://)[^\s/@]+@")
SHORTEST = 4


def without_secrets(text: str, settings: Settings) -> str:
    """The text without the configured keys, passwords in addresses, and whatever looks like a key."""
    logins = (urlsplit(url).password for url in (settings.openai_base_url, settings.ollama_host) if url)
    for secret in (settings.openai_api_key, *logins):
        if secret and len(secret) >= SHORTEST:
            text = text.replace(secret, HIDDEN)
    return LOGIN.sub(rf"\1{HIDDEN}@", LOOKS_LIKE_A_KEY.sub(HIDDEN, text))


def one_line(text: str, most: int = 200) -> str:
    """The text on one line without control characters, cut to `most` characters."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(printable.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
