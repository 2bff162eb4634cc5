"""What comes from outside is followed to where it does harm, and what is safe on the way is not told."""

from __future__ import annotations

import textwrap

import pytest

from ci_core.health.checkers.flows import frames
from ci_core.health.checkers.flows.frames import Finding
from ci_core.health.checkers.flows.reading import read
from ci_core.health.checkers.flows.severities import CWES, severity
from ci_core.health.checkers.flows.values import Origin
from ci_core.health.checkers.programs.flows import entry
from ci_core.health.syntax import Unparsable

ROUTE = """
from flask import Flask, request, make_response
app = Flask(__name__)
@app.route("/a", methods=["POST"])
def handler():
    name = request.form.get("name", "")
"""


def found(source: str) -> list[tuple[str, Origin]]:
    return [(one.rule, one.origin) for one in read(textwrap.dedent(source))]


def in_route(body: str) -> list[str]:
    return [rule for rule, _ in found(ROUTE + textwrap.indent(textwrap.dedent(body), "    "))]


HARM = {
    "SQL over several statements": (
        """
        query = "SELECT * FROM users"
        query += " WHERE name = '" + name + "'"
        query = query + " LIMIT 1"
        cursor.execute(query)
        """,
        "sql-injection",
    ),
    "SQL by format": ("sql = 'SELECT id FROM t WHERE a = {}'.format(name)\ndb.execute(sql)", "sql-injection"),
    "SQL by percent": ("db.execute('DELETE FROM t WHERE a = %s' % name)", "sql-injection"),
    "SQL in a list": (
        "parts = ['SELECT a FROM t']\nparts.append('WHERE b = ' + name)\ncur.execute(' '.join(parts))",
        "sql-injection",
    ),
    "a command": ("import os\nos.system('ping ' + name)", "command-injection"),
    "a shell": ("import subprocess\nsubprocess.run(f'ls {name}', shell=True)", "command-injection"),
    "a list for a shell": ("import subprocess\nsubprocess.run(['sh', '-c', 'ls ' + name])", "command-injection"),
    "code": ("eval(name)", "code-injection"),
    "a path": ("open('/srv/files/' + name)", "path-traversal"),
    "a joined path": ("import os.path\nopen(os.path.join('/srv', name))", "path-traversal"),
    "a path by pathlib": ("from pathlib import Path\n(Path('/srv') / name).read_text()", "path-traversal"),
    "a list for what may be a shell": (
        "import subprocess\nc = ['cmd', '/c'] if windows else ['sh', '-c']\nc.append(name)\nsubprocess.run(c)",
        "command-injection",
    ),
    "a list that has more on one way": (
        "l = ['SELECT a FROM t']\nif name:\n    l.append('WHERE b = ' + name)\ncur.execute(' '.join(l))",
        "sql-injection",
    ),
    "a redirect": ("from flask import redirect\nreturn redirect(name)", "open-redirect"),
    "HTML": ("return '<b>' + name + '</b>'", "cross-site-scripting"),
    "HTML by make_response": ("return make_response(f'<p>{name}</p>')", "cross-site-scripting"),
    "a template": ("from flask import render_template_string\nrender_template_string(name)", "template-injection"),
    "XPath": ('tree.xpath("//user[@id=\'" + name + "\']")', "xpath-injection"),
    "LDAP": ("conn.search('ou=a', f'(uid={name})')", "ldap-injection"),
    "the session": ("from flask import session\nsession['user'] = name", "trust-boundary"),
    "pickle": ("import pickle, base64\npickle.loads(base64.b64decode(name))", "unsafe-deserialization"),
    "yaml": ("import yaml\nyaml.load(name, Loader=yaml.Loader)", "unsafe-deserialization"),
    "an address": ("import requests\nrequests.get(name, timeout=5)", "server-side-request"),
    "through a loop": ("for one in request.form.getlist('a'):\n    eval(one)", "code-injection"),
    "out of a loop": (
        "value = ''\nfor key in request.form.keys():\n    if key:\n        value = key\n        break\neval(value)",
        "code-injection",
    ),
    "through an unknown function": ("eval(worked_out(name))", "code-injection"),
    "through an object of the request": ("wrapped = Wrapper(request)\neval(wrapped.field('a'))", "code-injection"),
    "through a mapping": ("m = {}\nm['a'] = name\nm['b'] = 'x'\neval(m['a'])", "code-injection"),
    "through a buffer": ("import io\nb = io.StringIO()\nb.write(name)\neval(b.getvalue())", "code-injection"),
    "through a condition": ("value = name if name else 'x'\neval(value)", "code-injection"),
    "through try": ("try:\n    value = name\nexcept ValueError:\n    value = ''\neval(value)", "code-injection"),
    "through match": (
        "match mode:\n    case 'a':\n        v = name\n    case _:\n        v = ''\neval(v)",
        "code-injection",
    ),
}
SAFE = {
    "a parameter": "cursor.execute('SELECT * FROM t WHERE a = %s', (name,))",
    "placeholders": "m = ','.join(['%s'] * 3)\ncursor.execute(f'SELECT * FROM t WHERE a IN ({m})', [name])",
    "conditions from constants": (
        "sql = 'SELECT * FROM t'\nif name:\n    sql += ' WHERE a = %s'\ncursor.execute(sql, (name,))"
    ),
    "a number": "cursor.execute(f'SELECT * FROM t LIMIT {int(name)}')",
    "an allowed column": "if name in ('a', 'b'):\n    cursor.execute(f'SELECT * FROM t ORDER BY {name}')",
    "refused otherwise": "if name not in ['a', 'b']:\n    return ''\ncursor.execute(f'SELECT * FROM t WHERE {name}')",
    "letters only": "if name.isalnum():\n    open('/srv/' + name)",
    "a pattern": "import re\nif re.fullmatch(r'[a-z]+', name):\n    open('/srv/' + name)",
    "no way up": "if '..' in name:\n    return ''\nopen('/srv/' + name)",
    "its last part": "import os\nopen('/srv/' + os.path.basename(name))",
    "below its folder": (
        "from pathlib import Path\np = (Path('/srv') / name).resolve()\n"
        "if not p.is_relative_to('/srv'):\n    return ''\np.read_text()"
    ),
    "a list without a shell": "import subprocess\nsubprocess.run(['ls', name])",
    "quoted": "import os, shlex\nos.system('ls ' + shlex.quote(name))",
    "escaped": "import html\nreturn '<b>' + html.escape(name) + '</b>'",
    "as JSON": "return {'name': name}",
    "a template with values": "from flask import render_template\nreturn render_template('a.html', name=name)",
    "a fixed host": "from flask import redirect\nreturn redirect('https://example.org/' + name)",
    "a host that is known": (
        "from urllib.parse import urlparse\nfrom flask import redirect\nu = urlparse(name)\n"
        "if u.netloc not in ['example.org']:\n    return ''\nreturn redirect(name)"
    ),
    "a way not taken": "n = 7\nvalue = 'x' if n * 42 > 200 else name\neval(value)",
    "another element": "m = {}\nm['a'] = name\nm['b'] = 'x'\neval(m['b'])",
    "taken out": "l = ['a', name, 'c']\nl.pop(1)\neval(l[1])",
    "assigned anew": "name = 'x'\neval(name)",
    "safe by its name": "eval(sanitize_expression(name))",
    "the safe loader": "import yaml\nyaml.load(name, Loader=yaml.SafeLoader)",
    "the address that it answers": "part = request.path.split('/')[1]\neval(part)",
    "XPath with a variable": "tree.xpath('//user[@id=$id]', id=name)",
}


@pytest.mark.parametrize("name", HARM)
def test_harm_by_a_request_is_found(name: str) -> None:
    body, rule = HARM[name]

    assert rule in in_route(body)


@pytest.mark.parametrize("name", SAFE)
def test_what_is_safe_is_not_told(name: str) -> None:
    assert in_route(SAFE[name]) == []


@pytest.mark.parametrize(
    ("source", "rule", "origin"),
    [
        ("def f(a):\n    db.execute('SELECT x FROM t WHERE a = ' + a)", "sql-injection", Origin.ARGUMENT),
        ("def f():\n    db.execute('SELECT x FROM ' + table())", "sql-injection", Origin.UNKNOWN),
        ("import sys\ndb.execute('SELECT x FROM ' + sys.argv[1])", "sql-injection", Origin.LOCAL),
        ("def f(a):\n    return open('/srv/' + a).read()", "path-from-argument", Origin.ARGUMENT),
        ("import os\nclass A:\n    def __init__(self, d):\n        self.d = d\n    def f(self, filename):\n"
         "        return open(os.path.join(self.d, filename))", "path-from-argument", Origin.ARGUMENT),
        ("from pathlib import Path\nB = Path(__file__).parent / 'data'\ndef f(a):\n    return (B / a).read_text()",
         "path-from-argument", Origin.ARGUMENT),
        ("H = {'Authorization': 'Bearer 0123456789abcdef'}", "hardcoded-secret", Origin.UNKNOWN),
        ("import lxml.etree\ndef f(text):\n    return lxml.etree.fromstring(text)", "xml-external-entities",
         Origin.ARGUMENT),
        ("import random\nnoise = random.normalvariate(0, 1)", "predictable-number", Origin.UNKNOWN),
        ("import pickle\npickle.load(open('a.pkl', 'rb'))", "unsafe-deserialization", Origin.UNKNOWN),
        ("import streamlit as st\nq = st.text_input('q')\neval(q)", "code-injection", Origin.OUTSIDE),
        ("from fastapi import FastAPI\napp = FastAPI()\n@app.get('/x/{a}')\ndef f(a: str):\n    open(a)",
         "path-traversal", Origin.OUTSIDE),
        ("def view(request):\n    eval(request.GET['a'])", "code-injection", Origin.OUTSIDE),
        ("import hashlib\nhashlib.new('md5')", "weak-hash", Origin.UNKNOWN),
        ("import hashlib\nkind = 'sha1'\ngetattr(hashlib, kind)()", "weak-hash", Origin.UNKNOWN),
        ("import random\ntoken = random.randint(0, 9)", "predictable-secret", Origin.UNKNOWN),
        ("response.set_cookie('a', 'b', secure=False)", "insecure-cookie", Origin.UNKNOWN),
        ("import tarfile\nt = tarfile.open('a.tar')\nt.extractall('x')", "archive-traversal", Origin.UNKNOWN),
        ("import jwt\njwt.decode(t, options={'verify_signature': False})", "unverified-token", Origin.UNKNOWN),
        ("CONFIG = {'password': 'hunter2-real'}", "hardcoded-secret", Origin.UNKNOWN),
        ("import lxml.etree\np = lxml.etree.XMLParser(resolve_entities=True)\nlxml.etree.fromstring(data, p)",
         "xml-external-entities", Origin.UNKNOWN),
    ],
)  # fmt: skip
def test_how_far_away_it_comes_from_is_told(source: str, rule: str, origin: Origin) -> None:
    assert (rule, origin) in found(source)


@pytest.mark.parametrize(
    "source",
    [
        "import hashlib\nhashlib.md5(b'', usedforsecurity=False)",
        "import hashlib\nhashlib.sha256(b'')",
        "import random\nroll = random.randint(1, 6)",
        "import random\ntoken = random.SystemRandom().randint(0, 9)",
        "response.set_cookie('a', 'b', secure=True)",
        "jar.set_cookie(cookie)",
        "import tarfile\nt = tarfile.open('a.tar')\nt.extractall('x', filter='data')",
        "CONFIG = {'password': '', 'token': os.environ['T'], 'api_key': '<your key>', 'secret': 'change me'}",
        "H = {'Authorization': 'Bearer <your token>'}",
        "FIELDS = {'password': 'password', 'token_type': 'bearer'}",
        "def f(path):\n    return open(path).read()",
        "def f(root, part):\n    return open(f'{root}/{part}').read()",
        "import lxml.etree\nlxml.etree.parse('a.xml')",
        "for table in ['a', 'b']:\n    cur.execute(f'SELECT count(*) FROM {table}')",
        "TABLE = get()\ncur.execute(f'SELECT count(*) FROM {TABLE}')",
        "agent.execute('Update the report, then set ' + goal)",
    ],
)
def test_harmless_code_is_left_alone(source: str) -> None:
    assert found(source) == []


def test_a_function_of_the_file_is_followed_with_what_it_gets() -> None:
    source = """
    from flask import request
    def _run(where):
        cursor.execute("SELECT a FROM t WHERE b = '" + where + "'")
    def _safe():
        _run("fixed")
    def handler():
        _run(request.args["b"])
    """

    (finding,) = read(textwrap.dedent(source))

    assert finding.origin is Origin.OUTSIDE
    assert finding.steps == ((8, "the request's args"),)


def test_a_private_function_that_gets_constants_only_is_left_alone() -> None:
    assert found("def _run(a):\n    cur.execute('SELECT x FROM ' + a)\ndef f():\n    _run('users')\n") == []


def test_a_methods_attribute_is_known_from_init() -> None:
    source = """
    class A:
        def __init__(self, where):
            self.where = where
        def run(self):
            cursor.execute("SELECT a FROM t WHERE b = " + self.where)
    """

    assert found(source) == [("sql-injection", Origin.ARGUMENT)]


def test_a_statement_is_told_once_where_it_is_made() -> None:
    source = "from sqlalchemy import text\ndef f(db, a):\n    made = text('SELECT b FROM ' + a)\n    db.execute(made)\n"

    assert [(one.rule, one.line) for one in read(source)] == [("sql-injection", 3)]


def test_the_secret_itself_is_not_told() -> None:
    (finding,) = read("A = {'password': 'hunter2-real'}")

    assert "hunter2" not in str(entry(finding))


def test_a_function_that_calls_itself_comes_to_an_end() -> None:
    assert found("def f(a):\n    return f(a + 'x') + g(a)\ndef g(a):\n    return f(a)\neval(f(input()))") != []


def test_a_file_written_to_be_read_for_ever_is_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "STATEMENTS_FOLLOWED", 300)
    monkeypatch.setattr(frames, "STATEMENTS_READ", 1500)

    def calls(to: int) -> str:
        return "\n".join(f"    f{to}(a + '{letter}')" for letter in "abcdefghi")

    tangle = "\n".join(f"def f{n}(a):\n{calls(n + 1)}" for n in range(60))

    assert read(f"{tangle}\ndef f60(a):\n    eval(a)\n")

    with pytest.raises(Unparsable, match="tangled"):
        read("for a in b:\n  for c in d:\n" + "   x = y\n" * 500)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(Unparsable):
        read("eval(" + "a + (" * 150 + "b" + ")" * 150 + ")\nx = " + "a." * 900 + "b\n")


@pytest.mark.parametrize(
    ("rule", "origin", "level"),
    [
        ("sql-injection", Origin.OUTSIDE, "critical"),
        ("sql-injection", Origin.ARGUMENT, "high"),
        ("sql-injection", Origin.UNKNOWN, "medium"),
        ("path-traversal", Origin.OUTSIDE, "high"),
        ("path-from-argument", Origin.ARGUMENT, "low"),
        ("open-redirect", Origin.OUTSIDE, "medium"),
    ],
)
def test_the_farther_it_comes_from_the_worse(rule: str, origin: Origin, level: str) -> None:
    assert severity(Finding(rule, "", 1, 1, 1, origin)).value == level


def test_text_that_is_compiled_and_run_in_one_place_is_told_once() -> None:
    assert in_route("exec(compile(name, 'f', 'exec'), {})") == ["code-injection"]


def test_every_rule_has_a_weakness_of_the_list() -> None:
    rules = {rule for _, rule in HARM.values()}

    assert rules <= CWES.keys()
