"""Libraries, languages, brokers and databases that an item speaks of."""

from __future__ import annotations

import re
from functools import lru_cache

READ_CHARACTERS = 4_000
MOST = 12

# name: further spellings. Where no spelling begins with "=", it is found in any mix of capitals.
# "=Go" is found as it is written only: in small letters it is a word of English.
LIBRARIES = """
Python; pandas; NumPy; SciPy; Polars; scikit-learn, sklearn; PyTorch; TensorFlow; Keras; =JAX; XGBoost; LightGBM;
CatBoost; statsmodels; Numba; Cython; Dask; =Ray; Apache Arrow, pyarrow; DuckDB; Jupyter; Matplotlib; Plotly; Bokeh;
Altair, vega-altair; Streamlit; =Dash, plotly dash; Gradio; FastAPI; Flask; Django; SQLAlchemy; Alembic; Pydantic;
asyncio; Celery; httpx; aiohttp; Scrapy; Beautiful Soup, beautifulsoup, bs4; pytest; Ruff, ruff check; mypy; uv pip;
LangChain; LlamaIndex; Hugging Face, huggingface; sentence-transformers, sentence transformers; ONNX, onnxruntime;
OpenAI; =Claude, anthropic; Ollama; llama.cpp; GPT-4, gpt4, gpt-4o; ChatGPT; MLflow; Optuna
"""
FINANCE = """
QuantLib; py_vollib, vollib; vectorbt; Backtrader; Zipline; backtesting.py; QuantConnect; Lean engine, =LEAN;
QuantStats; PyPortfolioOpt; Riskfolio-Lib, riskfolio; pyfolio; empyrical; alphalens; TA-Lib, talib; pandas-ta,
pandas_ta; =ARCH, arch model; yfinance; yahooquery; ccxt; NautilusTrader, nautilus_trader; Freqtrade;
Hummingbot; Jesse; mplfinance; OpenBB; FinRL; qlib; bt library; ib_insync, ib-insync, ib_async; Interactive
Brokers, ibkr; Alpaca, alpaca-py; Tastytrade, tastyworks; Tradier; Robinhood, robin_stocks, robin-stocks;
Charles Schwab, schwab api, schwab-py; TD Ameritrade, tda-api; E*TRADE, etrade; Webull; TradeStation;
thinkorswim; TradingView, pine script, pinescript; MetaTrader, mt4, mt5; =Binance; Coinbase; =Kraken;
Polygon.io, polygon io; Alpha Vantage, alphavantage; =IEX, iex cloud; Tiingo; Quandl, nasdaq data link;
Databento; Finnhub; =ORATS; CBOE; OptionMetrics; =FRED; SEC EDGAR, edgar; Yahoo Finance; Bloomberg; FIX
protocol, quickfix; Finviz; Unusual Whales; OptionStrat
"""
DATABASES = """
PostgreSQL, postgres; pgvector; TimescaleDB, timescale; SQLite; MySQL; MariaDB; MongoDB; Redis; ClickHouse; QuestDB;
InfluxDB; =Kafka, apache kafka; RabbitMQ; Elasticsearch; Snowflake; BigQuery; Apache Spark, pyspark; Parquet; arcticdb;
kdb+; psycopg, psycopg2, psycopg3; asyncpg
"""
OTHERS = """
=Rust, rustlang; =Go, golang; =Julia, julialang; JavaScript; TypeScript; =Java; Kotlin; C++, cpp; C#, csharp; =.NET;
=Scala; =R, r package, rstats, cran; MATLAB; =Haskell; =Excel, vba; =React, react.js, reactjs; Vue.js, vuejs; Node.js,
nodejs; WebAssembly, wasm; WebSocket, websockets; GraphQL; gRPC; Docker; Kubernetes; Terraform; GitHub Actions; AWS,
amazon web services; Azure; Google Cloud, gcp; Grafana; Prometheus; CUDA; Airflow; dbt core; Playwright; Selenium
"""


# What a name begins with, and what may not stand beside one: "R&D" is not the language R, "go-to" not Go.
FIRST = re.compile(r"\.?[^\W_]+")
JOINED_BEFORE, JOINED_AFTER = "&'’/-._", "&'’-_#+"


def technologies(title: str, text: str) -> tuple[str, ...]:
    """The names of those found, in the order in which they are first spoken of; at most twelve."""
    read = f"{title}\n{text[:READ_CHARACTERS]}"
    lower = read.lower()
    found: dict[str, None] = {}
    for match in FIRST.finditer(read):
        for spelling, name, exact in _by_first_word().get(match.group().lower(), ()):
            start = match.start()
            if (read if exact else lower).startswith(spelling, start) and _stands_alone(read, start, spelling, exact):
                found[name] = None
                break
    return tuple(found)[:MOST]


def _stands_alone(text: str, start: int, spelling: str, exact: bool) -> bool:
    """Whether a name is no part of a longer one; one that is an English word too may not be joined to anything."""
    end = start + len(spelling)
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isalnum() or after.isalnum() or (after and after in "#+_"):
        return False
    return not exact or not ((before and before in JOINED_BEFORE) or (after and after in JOINED_AFTER))


@lru_cache(maxsize=1)
def _by_first_word() -> dict[str, list[tuple[str, str, bool]]]:
    """Spellings by the word that they begin with, the longest first, with the name and whether capitals must agree."""
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for entry in ";".join((LIBRARIES, FINANCE, DATABASES, OTHERS)).split(";"):
        spellings = [" ".join(spelling.split()) for spelling in entry.split(",")]
        name = spellings[0].removeprefix("=")
        for spelling in spellings:
            exact = spelling.startswith("=")
            written = spelling.removeprefix("=") if exact else spelling.lower()
            first = FIRST.match(written)
            if first:
                found.setdefault(first.group().lower(), []).append((written, name, exact))
    return {first: sorted(rows, key=lambda row: -len(row[0])) for first, rows in found.items()}
