"""What a team that runs an options platform wants to hear of, until its people say it in their own words."""

from __future__ import annotations

from sqlalchemy import exists, insert, select, text
from sqlalchemy.orm import Session

from db.engine import act_as
from db.enums import InterestKind
from db.tables import AuditEntry, Interest

# A constant of our own: two set-ups at once fill the table once.
ONCE = 0x696E7465726573

INTERESTS = (
    "The wheel strategy: selling cash-secured puts, then covered calls on the assigned shares",
    "Rolling, closing and adjusting short option positions before expiration and assignment",
    "Choosing strike and expiration: a screener for option chains with high premium",
    "Option pricing models: Black-Scholes, binomial trees, Monte Carlo simulation",
    "Implied volatility, its smile, skew and surface, and volatility forecasting",
    "Option Greeks: delta, gamma, theta, vega, and delta hedging of a position",
    "Stochastic volatility and jump models for the valuation of derivatives",
    "Backtesting of trading strategies on historical market data",
    "Algorithmic trading system that places and executes orders through a broker",
    "Trading bot for stocks, options or crypto currencies",
    "Broker API client: Interactive Brokers, Alpaca, Schwab, Robinhood, Tradier",
    "Market data API: stock prices, quotes, option chains, fundamentals, SEC filings",
    "Portfolio optimization and asset allocation under risk constraints",
    "Portfolio risk: value at risk, expected shortfall, drawdown, correlation, stress tests",
    "Position sizing, leverage and margin: the Kelly criterion and risk of ruin",
    "Performance and risk figures of a portfolio: Sharpe ratio, returns, attribution",
    "Market microstructure: order book, limit orders, market making, liquidity, price impact",
    "Predicting stock returns and prices with machine learning and factor models",
    "Statistics of financial time series: returns, volatility clustering, correlations of stocks",
    "Technical analysis: indicators, candlestick charts, momentum and mean reversion signals",
    "Quantitative finance library for pricing, interest rates, bonds and other derivatives",
    "Earnings, dividends, news sentiment and their effect on stock prices",
    "Financial markets, crashes, credit and systemic risk of banks and investors",
    "Streamlit dashboard that shows trades, positions and profit of a trading account",
    "Streamlit apps that stay fast: reruns, caching, components, tables",
    "PostgreSQL and pandas for market data: fast time series of prices and option chains",
)

UNWANTED = (
    "Get rich quick: a guaranteed signal group, paid course or referral link",
    "Memes, screenshots of gains and losses, and price predictions of coins",
)

# A word that hardly anybody uses who does not speak of trading; one that often does; one that sometimes does.
TELLING, USUAL, FAINT = 2.0, 1.0, 0.25

KEYWORDS = {
    TELLING: """
        option pricing, options trading, option trading, implied volatility, Black-Scholes, covered call,
        cash-secured put, wheel strategy, option chain, options chain, put option, call option, European option,
        American option, option price, option premium, option greeks, exotic option, Asian option, barrier option,
        volatility surface, volatility smile, VIX, backtest, backtester, algorithmic trading, algo trading,
        algotrading, trading strategy, trading system, trading bot, trading platform, stock trading,
        quantitative trading, quantitative finance, computational finance, mathematical finance, hedge fund,
        portfolio optimization, portfolio selection, portfolio management, asset allocation, market making,
        market maker, order book, limit order, high-frequency trading, stochastic volatility, Heston,
        derivatives pricing, financial derivatives, risk-neutral, value at risk, VaR, expected shortfall,
        Sharpe ratio, statistical arbitrage, hedging, stock market, stock price, stock exchange, stock data,
        stock return, brokerage, Interactive Brokers, Alpaca, Robinhood, Tastytrade, Schwab, TD Ameritrade, Tradier,
        Yahoo Finance, yfinance, market data, OHLC, OHLCV, candlestick, technical analysis, technical indicator,
        TA-Lib, zipline, backtrader, QuantLib, QuantConnect, vectorbt, FIX protocol, forex, foreign exchange,
        fixed income, yield curve, credit default swap, asset pricing, asset price, CAPM, mean-variance, Markowitz,
        Kelly criterion, position sizing, pairs trading, realized volatility, market microstructure,
        optimal execution, price impact, market impact, bid-ask, SEC filing, EDGAR, financial market,
        financial data, financial time series, financial instrument, cryptocurrency exchange, crypto trading,
        cryptocurrency trading, equity market, futures contract, commodity futures, NYSE, NASDAQ,
        S&P 500, hedge ratio, market risk, credit risk, trader, investor,
        Streamlit, pgvector""",
    USUAL: """
        quant, portfolio, trading, stock, broker, ticker, arbitrage, derivatives, options, futures, equity,
        investment, investing, finance, financial, bond, interest rate, treasury, dividend, earnings, volatility,
        drawdown, hedge, liquidity, GARCH, jump-diffusion, martingale, utility maximization, mean reversion,
        cointegration, systemic risk, default risk, econophysics, securities, crypto, cryptocurrency, wealth, swap,
        swaption, order flow, trade execution, transaction cost, reinsurance, bank, credit, insurance,
        loan, annuity, risk measure, risk premium, shareholder, ETF, fund, capital, asset, leverage, currency,
        exchange rate, Bitcoin, Bloomberg, Postgres, PostgreSQL""",
    FAINT: """
        market, price, returns, risk, exchange, trade, margin, strike, expiration, premium, theta, gamma, vega,
        momentum, commodity, economic, economy, valuation, order, profit, loss, pricing""",
}


def default_keywords() -> dict[str, float]:
    """Each default keyword with its weight."""
    return {
        " ".join(word.split()): weight
        for weight, words in KEYWORDS.items()
        for word in words.split(",")
        if word.strip()
    }


def ensure_default_interests(session: Session, actor: str) -> int:
    """Fill in the default interests when there have never been any; gives how many were added.

    What people changed or deleted stays so, also when they deleted every one: the audit log knows.
    """
    if _ever_held_an_interest(session):
        return 0
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONCE})
    if _ever_held_an_interest(session):
        return 0
    act_as(session, actor)
    rows = default_rows()
    session.execute(insert(Interest), rows)
    return len(rows)


def default_rows() -> list[dict[str, object]]:
    """The rows of `ci_research_interests` that a new installation begins with."""
    wanted = [{"kind": InterestKind.INTEREST, "wording": wording, "weight": 1.0} for wording in INTERESTS]
    unwanted = [{"kind": InterestKind.UNWANTED, "wording": wording, "weight": 1.0} for wording in UNWANTED]
    words = [
        {"kind": InterestKind.KEYWORD, "wording": word, "weight": weight} for word, weight in default_keywords().items()
    ]
    return [*wanted, *unwanted, *words]


def _ever_held_an_interest(session: Session) -> bool:
    now = exists().select_from(Interest)
    before = exists().where(AuditEntry.table_name == Interest.__tablename__)
    return bool(session.scalar(select(now | before)))
