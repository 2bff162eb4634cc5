"""Which modules a package is imported by, where that is not its own name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import metadata

# Packages that are widely used, and called otherwise than what is imported from them; each from its own documentation.
KNOWN: Mapping[str, tuple[str, ...]] = {
    "antlr4-python3-runtime": ("antlr4",),
    "apache-airflow": ("airflow",),
    "attrs": ("attr", "attrs"),
    "azure-storage-blob": ("azure",),
    "beautifulsoup4": ("bs4",),
    "biopython": ("Bio",),
    "cssselect2": ("cssselect2",),
    "discord-py": ("discord",),
    "djangorestframework": ("rest_framework",),
    "django-cors-headers": ("corsheaders",),
    "django-environ": ("environ",),
    "django-filter": ("django_filters",),
    "dnspython": ("dns",),
    "docker-py": ("docker",),
    "email-validator": ("email_validator",),
    "faiss-cpu": ("faiss",),
    "faiss-gpu": ("faiss",),
    "ffmpeg-python": ("ffmpeg",),
    "gitpython": ("git",),
    "google-api-python-client": ("googleapiclient", "apiclient"),
    "google-auth": ("google",),
    "google-auth-oauthlib": ("google_auth_oauthlib",),
    "google-cloud-storage": ("google",),
    "google-genai": ("google",),
    "google-generativeai": ("google",),
    "grpcio": ("grpc",),
    "grpcio-tools": ("grpc_tools",),
    "ib-insync": ("ib_insync",),
    "jinja2": ("jinja2",),
    "kafka-python": ("kafka",),
    "langchain-core": ("langchain_core",),
    "markdown": ("markdown",),
    "mysql-connector-python": ("mysql",),
    "mysqlclient": ("MySQLdb",),
    "msgpack-python": ("msgpack",),
    "newsapi-python": ("newsapi",),
    "opencv-contrib-python": ("cv2",),
    "opencv-python": ("cv2",),
    "opencv-python-headless": ("cv2",),
    "openai-whisper": ("whisper",),
    "opentelemetry-api": ("opentelemetry",),
    "opentelemetry-sdk": ("opentelemetry",),
    "pillow": ("PIL",),
    "piper-tts": ("piper",),
    "protobuf": ("google",),
    "psycopg2-binary": ("psycopg2",),
    "py-vollib": ("py_vollib",),
    "pycryptodome": ("Crypto",),
    "pycryptodomex": ("Cryptodome",),
    "pygithub": ("github",),
    "pyjwt": ("jwt",),
    "pymupdf": ("fitz", "pymupdf"),
    "pymysql": ("pymysql",),
    "pynacl": ("nacl",),
    "pyopenssl": ("OpenSSL",),
    "pypdf2": ("PyPDF2",),
    "pyserial": ("serial",),
    "pysocks": ("socks",),
    "python-dateutil": ("dateutil",),
    "python-docx": ("docx",),
    "python-dotenv": ("dotenv",),
    "python-jose": ("jose",),
    "python-json-logger": ("pythonjsonlogger",),
    "python-levenshtein": ("Levenshtein",),
    "python-magic": ("magic",),
    "python-multipart": ("multipart", "python_multipart"),
    "python-pptx": ("pptx",),
    "python-slugify": ("slugify",),
    "python-socketio": ("socketio",),
    "python-telegram-bot": ("telegram",),
    "pytz": ("pytz",),
    "pywin32": ("win32api", "win32con", "win32gui", "win32com", "pythoncom", "pywintypes"),
    "pyyaml": ("yaml",),
    "pyzmq": ("zmq",),
    "qdrant-client": ("qdrant_client",),
    "robin-stocks": ("robin_stocks",),
    "ruamel-yaml": ("ruamel",),
    "scikit-image": ("skimage",),
    "scikit-learn": ("sklearn",),
    "sentence-transformers": ("sentence_transformers",),
    "sentry-sdk": ("sentry_sdk",),
    "setuptools": ("setuptools", "pkg_resources"),
    "speechrecognition": ("speech_recognition",),
    "sqlalchemy-utils": ("sqlalchemy_utils",),
    "strawberry-graphql": ("strawberry",),
    "streamlit-aggrid": ("st_aggrid",),
    "ta-lib": ("talib",),
    "tree-sitter": ("tree_sitter",),
    "typing-extensions": ("typing_extensions",),
    "undetected-chromedriver": ("undetected_chromedriver",),
    "websocket-client": ("websocket",),
    "xgboost": ("xgboost",),
    "yfinance": ("yfinance",),
}
# What is needed though nothing imports it: servers, drivers that others load by name, plugins, tools at a shell.
UNIMPORTED = re.compile(
    r"^(gunicorn|uvicorn|hypercorn|daphne|waitress|uwsgi|supervisor|psycopg.*|asyncpg|aiosqlite|mysqlclient|pymysql|"
    r"cx-oracle|oracledb|pyodbc|redis|hiredis|lxml|html5lib|openpyxl|xlrd|xlsxwriter|pyarrow|fastparquet|tables|"
    r"python-multipart|email-validator|itsdangerous|jinja2|tzdata|certifi|brotli|uvloop|httptools|watchdog|watchfiles|"
    r"pip|setuptools|wheel|build|twine|flit.*|poetry.*|hatch.*|tox|nox|pre-commit|black|ruff|isort|flake8.*|pylint.*|"
    r"mypy|pyright|bandit|safety|vulture|coverage|pytest.*|hypothesis|types-.*|.*-stubs|sphinx.*|mkdocs.*|ipykernel|"
    r"ipython|jupyter.*|notebook|flower|opentelemetry-.*|tokenizers|accelerate|protobuf|typing-extensions|alembic)$"
)


def modules_by_package(installed: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """What is imported from each package: as the checked repository's environment says, else ours, else as is known."""
    found: dict[str, set[str]] = {}
    for module, packages in metadata.packages_distributions().items():
        for package in packages:
            found.setdefault(re.sub(r"[-_.]+", "-", package).lower(), set()).add(module)
    ours = {
        package: names
        for package, modules in found.items()
        if (names := tuple(sorted(name for name in modules if name.isidentifier())))
    }
    return {**KNOWN, **ours, **{package: names for package, names in installed.items() if names}}
