"""Secrets stand in no line, however they got there; and what is no secret can still be read."""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import pytest

from ci_core.logs import Redactor
from ci_core.logs.redaction import HIDDEN, LONGEST_TEXT, is_secret_name
from ci_core.settings import Settings
from ci_core.settings.health import HealthSettings

SECRET = "hunter2&co\"x'ü"
PLAIN = "s3cr3tValue99"


@dataclass
class Login:
    user: str
    password: str


class Unshowable:
    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "attack",
    [
        f"GET https://user:{PLAIN}@example.org/x failed",
        f"postgresql://magnus:{PLAIN}@db:5432/magnus",
        f"host=db user=magnus password={PLAIN} dbname=magnus",
        f"host=db password='{PLAIN} with a space' dbname=magnus",
        f"host=db password='it\\'s {PLAIN}' dbname=magnus",
        f"Authorization: Bearer {PLAIN}",
        f"authorization: token {PLAIN}",
        f"{{'Authorization': 'Basic {PLAIN}'}}",
        f'{{"authorization": "Bearer {PLAIN}", "accept": "*/*"}}',
        f'{{\\"api_key\\": \\"{PLAIN}\\"}}',
        f"[(b'Cookie', b'sid={PLAIN}; theme=dark')]",
        f'Cookie: sid="a"; session={PLAIN}',
        f"set-cookie: sid={PLAIN}; HttpOnly",
        f"X-Api-Key: {PLAIN}",
        f"https://api.example.org/v1?key={PLAIN}&page=2",
        f"https://api.example.org/v1?page=2&access_token={PLAIN}",
        f"https://bucket/x?X-Amz-Signature={PLAIN}&x=1",
        f"client_secret={PLAIN}&grant_type=client_credentials",
        f"Login(user='tess', password='{PLAIN}')",
        f'password="a\\"{PLAIN}"',
        f"githubToken = {PLAIN}",
        f"PGPASSWORD={PLAIN} psql",
        f"OPENAI_API_KEY={PLAIN}",
        f"the password: {PLAIN}",
        f"Incorrect API key provided: sk-{PLAIN}",
        f"ghp_{PLAIN}ABCDEFGH and github_pat_{PLAIN}",
        f"eyJhbGciOiJIUzI1NiJ9.eyJ{PLAIN}.c2lnbmF0dXJl{PLAIN}",
        f"-----BEGIN RSA PRIVATE KEY-----\nMIIE{PLAIN}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{PLAIN}",
    ],
)
def test_what_looks_like_a_secret_is_taken_out_of_any_text(attack: str) -> None:
    shown = Redactor().text(attack)

    assert PLAIN not in shown
    assert HIDDEN in shown
    assert PLAIN not in Redactor().text(f"before\n{attack}\nafter")
    assert Redactor().text(shown) == shown


@pytest.mark.parametrize(
    "harmless",
    [
        "scan_finished source=r/options new=12 duplicate=3",
        "tokens_in=1200 tokens_out=80 lock_key=research_scan:3",
        "https://www.reddit.com/r/options/new.json?limit=100&after=t3_abc",
        "The key of the board is J; press K to go back.",
        "status code=404 for https://example.org/a?page=2",
        "the author says: tokenise first, then basic statistics",
        "password reset mails arrive late",
        "2026-11-25T14:02:11Z 10:30 12:45",
    ],
)
def test_what_is_none_stays(harmless: str) -> None:
    assert Redactor().text(harmless) == harmless


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        json.dumps(SECRET),
        json.dumps({"a": [SECRET]}, ensure_ascii=False),
        repr(SECRET),
        str([SECRET]),
        base64.b64encode(SECRET.encode()).decode(),
        SECRET.encode().hex(),
    ],
)
def test_a_known_secret_is_found_in_every_spelling(spelling: str) -> None:
    shown = Redactor([SECRET]).text(f"it said {spelling} there")

    assert "hunter2" not in shown
    assert spelling.strip("\"'") not in shown
    assert shown.startswith("it said ")
    assert shown.endswith(" there")


@pytest.mark.parametrize(
    "value",
    [
        {"password": PLAIN},
        {"outer": {"inner": [{"github_token": PLAIN}]}},
        {"headers": [("Authorization", PLAIN), ("accept", "x")]},
        {"headers": [[b"x-api-key", PLAIN.encode()]]},
        {"headers": ("cookie", PLAIN)},
        {"headers": httpx.Headers({"authorization": f"Bearer {PLAIN}"})},
        {"request": httpx.Request("GET", f"https://u:{PLAIN}@example.org/?api_key={PLAIN}")},
        {"url": httpx.URL(f"https://example.org/?api_key={PLAIN}")},
        {"login": Login("tess", PLAIN)},
        {"body": f'{{"password": "{PLAIN}"}}'.encode()},
        {"error": ValueError(f"password={PLAIN}")},
        {f"https://u:{PLAIN}@example.org": 1},
        {"accessToken": {"value": PLAIN}},
        {"set": {f"token={PLAIN}"}},
        {"deep": [[[[[[[[[[[f"token={PLAIN}"]]]]]]]]]]]},
    ],
)
def test_nested_values_are_searched_by_name_and_by_text(value: dict[str, object]) -> None:
    shown = Redactor()(None, "info", {"event": "x", **value})

    assert PLAIN not in json.dumps(shown)


def test_values_that_are_no_text_keep_their_kind() -> None:
    fields = {"event": "x", "new": 12, "share": 0.5, "ok": True, "none": None, "list": [1, "a"], "tokens_in": 7}

    assert Redactor()(None, "info", dict(fields)) == fields


def test_what_cannot_be_shown_or_written_as_json_is_told_instead_of_raised() -> None:
    shown = Redactor()(None, "info", {"event": "x", "odd": Unshowable(), "nan": float("nan"), "loop": _loop()})

    assert shown["odd"] == "<Unshowable that cannot be shown: RuntimeError>"
    assert shown["nan"] == "nan"
    json.dumps(shown, allow_nan=False)


def _loop() -> list[object]:
    loop: list[object] = []
    loop.append(loop)
    return loop


def test_every_secret_of_the_settings_is_known() -> None:
    settings = Settings(
        _env_file=None,
        database_url="host=db password='d b-password' user=x",
        db_password="db-password",
        openai_api_key="key-of-openai",
        openai_base_url="https://me:login-of-proxy@proxy.example/v1",
        ollama_host="http://u:p%40ss-of-ollama@127.0.0.1:11434",
        github_token="token-of-github",
        reddit_client_id="id-of-reddit",
        reddit_client_secret="secret-of-reddit",
        stackexchange_key="key-of-stackexchange",
    )
    told = (
        "d b-password; db-password; key-of-openai; login-of-proxy; p@ss-of-ollama; p%40ss-of-ollama; token-of-github; "
        f"id-of-reddit; {base64.b64encode(b'id-of-reddit:secret-of-reddit').decode()}; key-of-stackexchange; "
        "127.0.0.1:11434; proxy.example"
    )

    assert Redactor.of(settings).text(told) == f"{HIDDEN}; " * 10 + "127.0.0.1:11434; proxy.example"


def test_a_setting_that_holds_a_secret_is_never_printed_and_so_never_logged() -> None:
    fields = [*Settings.model_fields.items(), *HealthSettings.model_fields.items()]
    shown = [name for name, field in fields if is_secret_name(name) and field.repr]

    assert shown == []


def test_the_password_of_the_checked_database_is_hidden_too() -> None:
    health = HealthSettings(database_url="postgresql://reader:of-the-target@db/magnus")

    shown = Redactor.of(Settings(health=health)).text("reader said of-the-target at db")

    assert shown == f"reader said {HIDDEN} at db"


def test_a_long_text_keeps_its_beginning_and_its_end_and_no_half_secret() -> None:
    redactor = Redactor([PLAIN])

    shown = redactor.text("begin " + "x" * 20_000 + f" end {PLAIN}")
    assert len(shown) <= LONGEST_TEXT + 3
    assert re.match("begin x", shown)
    assert shown.endswith(f"end {HIDDEN}")
    for cut in range(1, len(PLAIN)):
        assert PLAIN[:cut] not in redactor.text("x" * (100_000 - cut) + PLAIN)[-20:]


def test_no_text_takes_long() -> None:
    began = time.perf_counter()
    for attack in (
        "password" * 12_500,
        "a" * 100_000,
        "://" * 33_000,
        "'" * 100_000,
        '\\"' * 50_000,
        "token=\\'" * 12_500,
    ):
        Redactor([PLAIN]).text(attack)

    assert time.perf_counter() - began < 10  # a pattern that goes astray takes minutes
