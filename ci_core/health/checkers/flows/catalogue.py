"""What the taint pass knows of Python's libraries: what comes from outside, what does harm, what makes safe.

Names are dotted paths as an import would write them; "REQUEST" is the request of any web framework. Written after the
manuals of the libraries and the CWE list; the categories are those of OWASP's Top 10 of 2021.
"""

from __future__ import annotations

import re

# The dangers that a sink has and that a sanitiser takes away.
SQL, COMMAND, CODE, PATH, REDIRECT, HTML, XPATH, LDAP, TRUST, LOAD, REQUEST, TEMPLATE, XML, HEADER = (
    "sql", "command", "code", "path", "redirect", "html", "xpath", "ldap", "trust", "load", "request", "template",
    "xml", "header",
)  # fmt: skip
EVERYTHING = frozenset(
    {SQL, COMMAND, CODE, PATH, REDIRECT, HTML, XPATH, LDAP, TRUST, LOAD, REQUEST, TEMPLATE, XML, HEADER}
)

# What a web framework's request holds that its sender chose.
REQUEST_PARTS = frozenset({
    "args", "form", "values", "cookies", "headers", "json", "data", "files", "query_string", "path", "full_path",
    "url", "base_url", "GET", "POST", "META", "COOKIES", "FILES", "body", "query_params", "path_params", "query",
    "match_info",
    "stream", "get_json", "get_data", "content_params", "path_info", "rel_url", "raw_post_data", "referrer",
    "view_args",
    "user_agent", "text", "read", "get_argument", "get_arguments", "get_query_argument", "get_body_argument",
    "arguments", "post",
})  # fmt: skip
REQUESTS = frozenset({
    "flask.request", "bottle.request", "django.http.HttpRequest", "starlette.requests.Request", "fastapi.Request",
    "aiohttp.web.Request", "quart.request", "sanic.request.Request", "rest_framework.request.Request", "flask.Request",
})  # fmt: skip
ROUTES = frozenset({"route", "get", "post", "put", "delete", "patch", "websocket", "api_route"})
STREAMLIT_INPUTS = frozenset({
    "text_input", "text_area", "chat_input", "file_uploader", "data_editor", "query_params",
    "experimental_get_query_params",
})  # fmt: skip
# Methods by which handlers of tornado and of the standard library get at a request.
ASKING = frozenset({"get_argument", "get_arguments", "get_query_argument", "get_body_argument", "get_secure_cookie"})
LOCAL_SOURCES = {
    "sys.argv": "the command line",
    "input()": "what was typed",
    "os.environ": "the environment",
    "os.getenv()": "the environment",
    "sys.stdin": "standard input",
    "requests.get()": "an HTTP answer",
    "requests.post()": "an HTTP answer",
    "requests.request()": "an HTTP answer",
    "httpx.get()": "an HTTP answer",
    "httpx.post()": "an HTTP answer",
    "urllib.request.urlopen()": "an HTTP answer",
    "socket.socket().recv()": "the network",
    "socket.socket().recvfrom()": "the network",
}

# Harmless whatever they were made of: numbers, moments, digests.
CLEANING = frozenset({
    "int()", "float()", "bool()", "len()", "ord()", "hash()", "id()", "abs()", "round()", "isinstance()", "type()",
    "range()", "any()", "all()", "sum()", "uuid.UUID()", "decimal.Decimal()", "datetime.date()", "datetime.datetime()",
    "datetime.datetime.fromisoformat()", "datetime.datetime.strptime()", "datetime.date.fromisoformat()",
    "ipaddress.ip_address()", "hmac.compare_digest()", "secrets.token_urlsafe()", "secrets.token_hex()", "uuid.uuid4()",
    "time.time()", "datetime.datetime.now()", "datetime.datetime.utcnow()", "datetime.date.today()", "os.getpid()",
    "os.getcwd()", "tempfile.mkdtemp()", "tempfile.gettempdir()", "tempfile.mkstemp()", "pathlib.Path.home()",
    "pathlib.Path.cwd()", "os.path.exists()", "os.path.isfile()", "os.path.isdir()", "os.path.getsize()",
    "uuid.uuid1()", "sqlalchemy.column()", "sqlalchemy.table()", "psycopg.sql.Identifier()", "psycopg.sql.Literal()",
    "psycopg2.sql.Identifier()", "psycopg2.sql.Literal()", "psycopg2.sql.SQL()", "psycopg.sql.SQL()", "os.urandom()",
    "os.cpu_count()", "os.getuid()", "platform.system()", "platform.node()", "sqlalchemy.select()", "callable()",
})  # fmt: skip
CLEANING_METHODS = frozenset({
    "isdigit", "isalnum", "isalpha", "isnumeric", "isidentifier", "isdecimal", "startswith", "endswith", "find",
    "rfind",
    "index", "rindex", "count", "exists", "is_file", "is_dir", "hexdigest", "digest", "bit_length", "total_seconds",
    "timestamp", "strftime", "isoformat", "is_relative_to", "fileno", "size", "issubset", "rowcount", "lastrowid",
})  # fmt: skip
# Function → the dangers that its result no longer has.
SANITISERS: dict[str, frozenset[str]] = {
    "html.escape()": frozenset({HTML, XPATH, SQL}),
    "markupsafe.escape()": frozenset({HTML, XPATH, SQL}),
    "flask.escape()": frozenset({HTML, XPATH, SQL}),
    "django.utils.html.escape()": frozenset({HTML, XPATH, SQL}),
    "xml.sax.saxutils.escape()": frozenset({HTML, XML}),
    "xml.sax.saxutils.quoteattr()": frozenset({HTML, XML}),
    "cgi.escape()": frozenset({HTML}),
    "bleach.clean()": frozenset({HTML}),
    "nh3.clean()": frozenset({HTML}),
    "shlex.quote()": frozenset({COMMAND}),
    "pipes.quote()": frozenset({COMMAND}),
    "os.path.basename()": frozenset({PATH}),
    "werkzeug.utils.secure_filename()": EVERYTHING,
    "werkzeug.utils.safe_join()": frozenset({PATH}),
    "flask.safe_join()": frozenset({PATH}),
    "urllib.parse.quote()": frozenset({HTML, SQL, XPATH, REDIRECT, HEADER}),
    "urllib.parse.quote_plus()": frozenset({HTML, SQL, XPATH, REDIRECT, HEADER, PATH}),
    "urllib.parse.urlencode()": frozenset({HTML, SQL, XPATH, REDIRECT, HEADER, PATH}),
    "ldap3.utils.conv.escape_filter_chars()": frozenset({LDAP}),
    "ldap.filter.escape_filter_chars()": frozenset({LDAP}),
    "flask.url_for()": EVERYTHING,
    "django.urls.reverse()": EVERYTHING,
    "ast.literal_eval()": frozenset({CODE}),
    "json.dumps()": frozenset({CODE}),
}
# Unknown functions whose name says that they make safe. A name is a promise, and the team's own.
SAYS_SAFE = re.compile(
    r"(?:^|_)(?:sanit|clean|valid|safe|secure|escap|allow|permitted|whitelist|slugif|quote|encrypt|hash|mask|redact|check)"
)
SAYS_HTML = re.compile(r"escape.*html|html.*escape|^escape$|e_html|htmlescape", re.IGNORECASE)
# Collections whose name says that only what is in them is taken.
SAYS_CHECKED = re.compile(r"valid|safe|allow|permitted|is_ok|check|verif|known|supported", re.IGNORECASE)

DATABASE_CALLS = frozenset({
    "execute", "executemany", "executescript", "execute_query", "exec_driver_sql", "fetch_all", "fetch_one", "fetchrow",
    "fetchval", "raw", "read_sql", "read_sql_query", "mogrify", "run_query", "query", "execute_sql", "extra",
    "callproc", "copy_expert", "fetch", "text",
})  # fmt: skip
SQL_WORDS = re.compile(
    r"[\s(]*(?:select\b.{0,4000}?(?:\bfrom\b|\0)|insert\s+(?:or\s+\w+\s+)?into\b|replace\s+into\b|merge\s+into\b"
    r"|update\s+\S+(?:\s+(?:as\s+)?\w+)?\s+set\s|delete\s+from\b|truncate\s+table\b|with\s+\w+\s+as\s*\(|grant\s+.{0,200}?\bto\b"
    r"|(?:drop|alter|create(?:\s+or\s+replace)?)\s+(?:table|index|view|schema|database|role|user|sequence|function"
    r"|type|extension|trigger|materialized|unique|temporary|temp)\b|explain\s+(?:analyze\s+)?select\b)",
    re.IGNORECASE | re.DOTALL,
)

# Function → (danger, which positional argument, the keyword of the same).
SINKS: dict[str, tuple[str, int, str]] = {
    "eval()": (CODE, 0, "source"),
    "exec()": (CODE, 0, "source"),
    "compile()": (CODE, 0, "source"),
    "code.interact()": (CODE, 0, ""),
    "__import__()": (CODE, 0, "name"),
    "importlib.import_module()": (CODE, 0, "name"),
    "pandas.eval()": (CODE, 0, "expr"),
    "os.system()": (COMMAND, 0, "command"),
    "os.popen()": (COMMAND, 0, "cmd"),
    "subprocess.getoutput()": (COMMAND, 0, "cmd"),
    "subprocess.getstatusoutput()": (COMMAND, 0, "cmd"),
    "asyncio.create_subprocess_shell()": (COMMAND, 0, "cmd"),
    "commands.getoutput()": (COMMAND, 0, ""),
    "pty.spawn()": (COMMAND, 0, "argv"),
    "open()": (PATH, 0, "file"),
    "io.open()": (PATH, 0, "file"),
    "codecs.open()": (PATH, 0, "filename"),
    "aiofiles.open()": (PATH, 0, "file"),
    "gzip.open()": (PATH, 0, "filename"),
    "bz2.open()": (PATH, 0, "filename"),
    "os.open()": (PATH, 0, "path"),
    "os.remove()": (PATH, 0, "path"),
    "os.unlink()": (PATH, 0, "path"),
    "os.rmdir()": (PATH, 0, "path"),
    "os.mkdir()": (PATH, 0, "path"),
    "os.makedirs()": (PATH, 0, "name"),
    "os.rename()": (PATH, 0, "src"),
    "os.replace()": (PATH, 0, "src"),
    "os.listdir()": (PATH, 0, "path"),
    "os.scandir()": (PATH, 0, "path"),
    "os.chmod()": (PATH, 0, "path"),
    "shutil.rmtree()": (PATH, 0, "path"),
    "shutil.copy()": (PATH, 0, "src"),
    "shutil.copyfile()": (PATH, 0, "src"),
    "shutil.move()": (PATH, 0, "src"),
    "flask.send_file()": (PATH, 0, "path_or_file"),
    "fastapi.responses.FileResponse()": (PATH, 0, "path"),
    "starlette.responses.FileResponse()": (PATH, 0, "path"),
    "zipfile.ZipFile()": (PATH, 0, "file"),
    "os.path.exists()": (PATH, 0, "path"),
    "os.path.isfile()": (PATH, 0, "path"),
    "os.path.isdir()": (PATH, 0, "path"),
    "os.stat()": (PATH, 0, "path"),
    "tarfile.open()": (PATH, 0, "name"),
    "sqlite3.connect()": (PATH, 0, "database"),
    "pandas.read_csv()": (PATH, 0, "filepath_or_buffer"),
    "flask.redirect()": (REDIRECT, 0, "location"),
    "werkzeug.utils.redirect()": (REDIRECT, 0, "location"),
    "django.shortcuts.redirect()": (REDIRECT, 0, "to"),
    "django.http.HttpResponseRedirect()": (REDIRECT, 0, "redirect_to"),
    "fastapi.responses.RedirectResponse()": (REDIRECT, 0, "url"),
    "starlette.responses.RedirectResponse()": (REDIRECT, 0, "url"),
    "bottle.redirect()": (REDIRECT, 0, "url"),
    "flask.Markup()": (HTML, 0, ""),
    "markupsafe.Markup()": (HTML, 0, ""),
    "django.utils.safestring.mark_safe()": (HTML, 0, "s"),
    "django.http.HttpResponse()": (HTML, 0, "content"),
    "fastapi.responses.HTMLResponse()": (HTML, 0, "content"),
    "starlette.responses.HTMLResponse()": (HTML, 0, "content"),
    "streamlit.components.v1.html()": (HTML, 0, "html"),
    "streamlit.html()": (HTML, 0, "body"),
    "flask.render_template_string()": (TEMPLATE, 0, "source"),
    "jinja2.Template()": (TEMPLATE, 0, "source"),
    "jinja2.Environment().from_string()": (TEMPLATE, 0, "source"),
    "mako.template.Template()": (TEMPLATE, 0, "text"),
    "lxml.etree.XPath()": (XPATH, 0, "path"),
    "lxml.etree.ETXPath()": (XPATH, 0, "path"),
    "elementpath.select()": (XPATH, 1, "path"),
    "elementpath.iter_select()": (XPATH, 1, "path"),
    "elementpath.Selector()": (XPATH, 0, "path"),
    "pickle.loads()": (LOAD, 0, "data"),
    "pickle.load()": (LOAD, 0, "file"),
    "cPickle.loads()": (LOAD, 0, ""),
    "_pickle.loads()": (LOAD, 0, ""),
    "dill.loads()": (LOAD, 0, "str"),
    "dill.load()": (LOAD, 0, "file"),
    "cloudpickle.loads()": (LOAD, 0, ""),
    "cloudpickle.load()": (LOAD, 0, ""),
    "joblib.load()": (LOAD, 0, "filename"),
    "marshal.loads()": (LOAD, 0, ""),
    "marshal.load()": (LOAD, 0, ""),
    "shelve.open()": (LOAD, 0, "filename"),
    "jsonpickle.decode()": (LOAD, 0, "string"),
    "pandas.read_pickle()": (LOAD, 0, "filepath_or_buffer"),
    "yaml.unsafe_load()": (LOAD, 0, "stream"),
    "yaml.full_load()": (LOAD, 0, "stream"),
    "requests.get()": (REQUEST, 0, "url"),
    "requests.post()": (REQUEST, 0, "url"),
    "requests.put()": (REQUEST, 0, "url"),
    "requests.delete()": (REQUEST, 0, "url"),
    "requests.head()": (REQUEST, 0, "url"),
    "requests.request()": (REQUEST, 1, "url"),
    "httpx.get()": (REQUEST, 0, "url"),
    "httpx.post()": (REQUEST, 0, "url"),
    "urllib.request.urlopen()": (REQUEST, 0, "url"),
    "urllib.request.urlretrieve()": (REQUEST, 0, "url"),
}
SUBPROCESS = frozenset({"subprocess.run()", "subprocess.Popen()", "subprocess.call()", "subprocess.check_call()",
                        "subprocess.check_output()", "subprocess.Popen"})  # fmt: skip
SHELLS = frozenset({"sh", "bash", "zsh", "dash", "/bin/sh", "/bin/bash", "cmd", "cmd.exe", "powershell"})
PATH_METHODS = frozenset({
    "open", "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "rmdir", "mkdir", "touch", "rename",
    "replace", "iterdir",
})  # fmt: skip
# Ask only whether a file is there.
LOOKING = frozenset({"exists", "isfile", "isdir", "stat", "is_file", "is_dir", "lstat"})
SAFE_LOADERS = ("SafeLoader", "CSafeLoader", "BaseLoader")
XML_PARSERS = frozenset({
    "xml.dom.minidom.parseString()", "xml.dom.minidom.parse()", "xml.sax.parseString()", "xml.sax.parse()",
    "xml.dom.pulldom.parseString()", "xml.dom.pulldom.parse()", "lxml.etree.fromstring()", "lxml.etree.parse()",
    "lxml.etree.XML()",
})  # fmt: skip
WEAK_HASHES = frozenset({"md2", "md4", "md5", "sha", "sha1", "sha-1"})
