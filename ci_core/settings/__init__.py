"""Every setting, typed, with its default and unit. Read once at the doors and handed in."""

from __future__ import annotations

import getpass
import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ci_core.errors import SettingsError
from ci_core.settings.health import ADDRESS, HealthSettings

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PROJECT = Path(__file__).resolve().parents[2]
CHAT_PROVIDERS = ("openai", "ollama")


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in this container
        return "local"


def _health_settings() -> HealthSettings:
    return HealthSettings(_env_file=Settings.model_config.get("env_file"))


class TokenPrice(BaseModel):
    """What a chat model costs, in US dollars per million tokens; read again from a cache costs as much unless said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cached_input: Decimal | None = Field(None, ge=0)


class Settings(BaseSettings):
    """The settings from the environment, or from `.env` in the project's folder; names are case-insensitive."""

    # An empty variable, or an empty line in .env ("DB_HOST="), means "not set".
    model_config = SettingsConfigDict(
        env_file=PROJECT / ".env", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    database_url: str | None = Field(None, validation_alias="DATABASE_URL", repr=False)
    db_host: str | None = Field(None, validation_alias="DB_HOST")
    db_port: int = Field(5432, validation_alias="DB_PORT", ge=1, le=65535)
    db_name: str = Field("magnus", validation_alias="DB_NAME")
    db_user: str | None = Field(None, validation_alias="DB_USER")
    db_password: str | None = Field(None, validation_alias="DB_PASSWORD", repr=False)
    db_pool_size: int = Field(10, validation_alias="DB_POOL_SIZE", ge=1, le=200)
    db_pool_timeout_seconds: float = Field(5.0, validation_alias="DB_POOL_TIMEOUT_SECONDS", gt=0, le=60)
    db_statement_timeout_seconds: float = Field(30.0, validation_alias="DB_STATEMENT_TIMEOUT_SECONDS", ge=0)

    data_dir: Path = Field(PROJECT / ".magnus", validation_alias="CI_DATA_DIR")
    backup_dir: Path | None = Field(None, validation_alias="CI_BACKUP_DIR")
    backups_kept: int = Field(7, validation_alias="CI_BACKUPS_KEPT", ge=1, le=1000)
    repo_path: Path = Field(PROJECT, validation_alias="CI_REPO_PATH")
    app_url: str = Field("http://127.0.0.1:8501", validation_alias="CI_APP_URL", pattern=ADDRESS)
    actor: str = Field(default_factory=_system_user, validation_alias="CI_ACTOR", min_length=1, max_length=120)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", validation_alias="CI_LOG_LEVEL")
    log_max_mib: float = Field(10.0, validation_alias="CI_LOG_MAX_MIB", gt=0, le=1_000)

    time_zone_name: str | None = Field(None, validation_alias="CI_TIME_ZONE", max_length=60)

    weight_business_value: float = Field(0.25, validation_alias="CI_WEIGHT_BUSINESS_VALUE", ge=0)
    weight_user_impact: float = Field(0.20, validation_alias="CI_WEIGHT_USER_IMPACT", ge=0)
    weight_strategic_alignment: float = Field(0.15, validation_alias="CI_WEIGHT_STRATEGIC_ALIGNMENT", ge=0)
    weight_technical_debt: float = Field(0.10, validation_alias="CI_WEIGHT_TECHNICAL_DEBT", ge=0)
    weight_inaction_risk: float = Field(0.20, validation_alias="CI_WEIGHT_INACTION_RISK", ge=0)
    weight_implementation_risk: float = Field(0.10, validation_alias="CI_WEIGHT_IMPLEMENTATION_RISK", ge=0)

    hours_per_day: float = Field(6.0, validation_alias="CI_HOURS_PER_DAY", gt=0, le=24)
    working_days: str = Field("mon,tue,wed,thu,fri", validation_alias="CI_WORKING_DAYS")
    wip_per_person: int = Field(3, validation_alias="CI_WIP_PER_PERSON", ge=1, le=100)

    reddit_url: str = Field("https://www.reddit.com", validation_alias="CI_REDDIT_URL", pattern=ADDRESS)
    github_api_url: str = Field("https://api.github.com", validation_alias="CI_GITHUB_API_URL", pattern=ADDRESS)
    arxiv_api_url: str = Field("https://export.arxiv.org/api", validation_alias="CI_ARXIV_API_URL", pattern=ADDRESS)
    hacker_news_api_url: str = Field(
        "https://hn.algolia.com/api/v1", validation_alias="CI_HACKER_NEWS_API_URL", pattern=ADDRESS
    )
    stackexchange_api_url: str = Field(
        "https://api.stackexchange.com/2.3", validation_alias="CI_STACKEXCHANGE_API_URL", pattern=ADDRESS
    )
    reddit_client_id: str | None = Field(None, validation_alias="REDDIT_CLIENT_ID", repr=False)
    reddit_client_secret: str | None = Field(None, validation_alias="REDDIT_CLIENT_SECRET", repr=False)
    reddit_user_agent: str | None = Field(None, validation_alias="REDDIT_USER_AGENT", min_length=7, max_length=200)
    github_token: str | None = Field(None, validation_alias="GITHUB_TOKEN", repr=False)
    stackexchange_key: str | None = Field(None, validation_alias="STACKEXCHANGE_KEY", repr=False)
    site_timeout_seconds: float = Field(30.0, validation_alias="CI_SITE_TIMEOUT_SECONDS", gt=0, le=300)

    research_window_days: int = Field(30, validation_alias="CI_RESEARCH_WINDOW_DAYS", ge=1, le=365)
    research_set_aside_below: float = Field(60.0, validation_alias="CI_RESEARCH_SET_ASIDE_BELOW", ge=0, le=100)
    research_accept_above: float | None = Field(None, validation_alias="CI_RESEARCH_ACCEPT_ABOVE", ge=0, le=100)
    research_source_seconds: float = Field(300.0, validation_alias="CI_RESEARCH_SOURCE_SECONDS", gt=0, le=3600)

    health: HealthSettings = Field(default_factory=_health_settings, validation_alias="CI_HEALTH")

    openai_api_key: str | None = Field(None, validation_alias="OPENAI_API_KEY", repr=False)
    openai_base_url: str | None = Field(None, validation_alias="OPENAI_BASE_URL", repr=False, pattern=ADDRESS)
    use_local_llm: bool = Field(False, validation_alias="USE_LOCAL_LLM")
    ollama_host: str = Field("http://127.0.0.1:11434", validation_alias="OLLAMA_HOST", repr=False, min_length=1)
    llm_model: str | None = Field(None, validation_alias="CI_LLM_MODEL")
    llm_temperature: float = Field(0.0, validation_alias="CI_LLM_TEMPERATURE", ge=0, le=2)
    llm_max_tokens: int = Field(1_000, validation_alias="CI_LLM_MAX_TOKENS", ge=50, le=32_000)
    llm_timeout_seconds: float = Field(60.0, validation_alias="CI_LLM_TIMEOUT_SECONDS", gt=0, le=600)
    llm_concurrency: int = Field(4, validation_alias="CI_LLM_CONCURRENCY", ge=1, le=32)
    llm_daily_max_cost_usd: Decimal = Field(Decimal(5), validation_alias="CI_LLM_DAILY_MAX_COST_USD", ge=0, le=100_000)
    llm_prices: Annotated[dict[str, TokenPrice], NoDecode] = Field({}, validation_alias="CI_LLM_PRICES")

    @field_validator("reddit_url", "github_api_url", "arxiv_api_url", "hacker_news_api_url", "stackexchange_api_url")
    @classmethod
    def _without_last_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: object) -> object:
        return value.strip().upper() if isinstance(value, str) else value

    @field_validator("working_days")
    @classmethod
    def _known_days(cls, value: str) -> str:
        days = [day.strip().lower()[:3] for day in value.split(",") if day.strip()]
        if not days or not set(days) <= set(WEEKDAYS):
            raise ValueError(f"Name at least one day of {', '.join(WEEKDAYS)}, joined by commas")
        return ",".join(day for day in WEEKDAYS if day in days)

    @field_validator("time_zone_name")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        try:
            return value if value is None else ZoneInfo(value).key
        except (OSError, ValueError, LookupError):
            raise ValueError("Name a time zone such as Europe/Berlin or UTC") from None

    @field_validator("llm_prices", mode="before")
    @classmethod
    def _prices_from_json(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError('Write it as JSON: {"MODEL": {"input": 0.4, "output": 1.6}}') from None

    @field_validator("llm_model")
    @classmethod
    def _known_providers(cls, value: str | None) -> str | None:
        for entry in [] if value is None else value.split(","):
            provider, colon, name = entry.strip().partition(":")
            if not provider or (colon and (provider not in CHAT_PROVIDERS or not name.strip())):
                raise ValueError("Write openai:NAME or ollama:NAME, several joined by commas")
        return value

    @model_validator(mode="after")
    def _local_model_where_only_those_are_asked(self) -> Settings:
        entries = [entry.strip() for entry in (self.llm_model or "").split(",") if entry.strip()]
        if self.use_local_llm and entries and all(entry.startswith("openai:") for entry in entries):
            raise ValueError("CI_LLM_MODEL names no Ollama model, and USE_LOCAL_LLM=true allows no other")
        return self

    @property
    def weekdays(self) -> frozenset[int]:
        """The working days as numbers; 0 is Monday."""
        return frozenset(WEEKDAYS.index(day) for day in self.working_days.split(","))

    @property
    def external_database_url(self) -> str | None:
        """The configured PostgreSQL as a libpq address; None means the embedded server under `data_dir`."""
        if self.database_url:
            return self.database_url
        if not self.db_host:
            return None
        login = quote(self.db_user, safe="") if self.db_user else ""
        if self.db_password:
            login += f":{quote(self.db_password, safe='')}"
        host = self.db_host if not self.db_host.startswith("/") else quote(self.db_host, safe="")
        return f"postgresql://{login}{'@' if login else ''}{host}:{self.db_port}/{quote(self.db_name, safe='')}"

    @property
    def time_zone(self) -> str:
        """The time zone that times of day are meant in: the configured one, else this machine's, else UTC."""
        if self.time_zone_name:
            return self.time_zone_name
        from tzlocal import get_localzone_name

        try:
            name = get_localzone_name()
            return "UTC" if name in (None, "Etc/UTC") else ZoneInfo(name).key
        except (OSError, ValueError, LookupError):  # a machine that does not say, or says nonsense
            return "UTC"

    @property
    def backups_dir(self) -> Path:
        """Where backups of the embedded database go."""
        return self.backup_dir or self.data_dir / "backups"

    @property
    def models_dir(self) -> Path:
        """Where exported models live."""
        return self.data_dir / "models"

    @property
    def logs_dir(self) -> Path:
        """Where logs are written."""
        return self.data_dir / "logs"


def setting_names() -> tuple[str, ...]:
    """The names of all settings, as they stand in the environment."""
    fields = [field for name, field in Settings.model_fields.items() if name != "health"]
    fields += HealthSettings.model_fields.values()
    return tuple(str(field.validation_alias) for field in fields)


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        SettingsError: a value cannot be used; the text names the setting, not its value (it may be a secret).
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "CI_LLM_MODEL"  # the one rule that joins two settings
        raise SettingsError(f"Setting {name}: {first['msg']}. Correct it in the environment or in .env.") from None
    settings.data_dir = settings.data_dir.expanduser().absolute()
    settings.repo_path = settings.repo_path.expanduser().absolute()
    if settings.backup_dir is not None:
        settings.backup_dir = settings.backup_dir.expanduser().absolute()
    settings.app_url = settings.app_url.rstrip("/")
    return settings
