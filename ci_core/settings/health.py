"""The thresholds of the health agent, and where it finds what it measures."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ADDRESS = r"^https?://[^\s<>\"']+$"


class HealthSettings(BaseSettings):
    """What counts as healthy, how much each part counts, and how long a checker may take."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", populate_by_name=True)

    full_scan_hours: int = Field(24, validation_alias="CI_HEALTH_FULL_SCAN_HOURS", ge=1, le=8760)
    quick_scan_hours: int = Field(4, validation_alias="CI_HEALTH_QUICK_SCAN_HOURS", ge=1, le=8760)
    security_scan_hours: int = Field(168, validation_alias="CI_HEALTH_SECURITY_SCAN_HOURS", ge=1, le=8760)

    min_score: int = Field(70, validation_alias="CI_HEALTH_MIN_SCORE", ge=0, le=100)
    max_complexity: int = Field(10, validation_alias="CI_HEALTH_MAX_COMPLEXITY", ge=1, le=1000)
    max_line_length: int = Field(120, validation_alias="CI_HEALTH_MAX_LINE_LENGTH", ge=40, le=1000)
    coverage_total_percent: float = Field(60.0, validation_alias="CI_HEALTH_COVERAGE_TOTAL", ge=0, le=100)
    coverage_new_code_percent: float = Field(80.0, validation_alias="CI_HEALTH_COVERAGE_NEW_CODE", ge=0, le=100)
    page_load_ms: float = Field(2000.0, validation_alias="CI_HEALTH_PAGE_LOAD_MS", gt=0)
    query_ms: float = Field(100.0, validation_alias="CI_HEALTH_QUERY_MS", gt=0)

    # How much each part counts in the overall score; 0 leaves it out.
    weight_security: float = Field(0.25, validation_alias="CI_HEALTH_WEIGHT_SECURITY", ge=0)
    weight_bugs: float = Field(0.20, validation_alias="CI_HEALTH_WEIGHT_BUGS", ge=0)
    weight_code_quality: float = Field(0.20, validation_alias="CI_HEALTH_WEIGHT_CODE_QUALITY", ge=0)
    weight_tests: float = Field(0.15, validation_alias="CI_HEALTH_WEIGHT_TESTS", ge=0)
    weight_dependencies: float = Field(0.10, validation_alias="CI_HEALTH_WEIGHT_DEPENDENCIES", ge=0)
    weight_performance: float = Field(0.05, validation_alias="CI_HEALTH_WEIGHT_PERFORMANCE", ge=0)
    weight_documentation: float = Field(0.05, validation_alias="CI_HEALTH_WEIGHT_DOCUMENTATION", ge=0)

    # How many checkers run at once; 0: as many as there are cores.
    workers: int = Field(0, validation_alias="CI_HEALTH_WORKERS", ge=0, le=64)
    checker_seconds: float = Field(300.0, validation_alias="CI_HEALTH_CHECKER_SECONDS", gt=0, le=86_400)
    # What a checker's programs may need of memory, all together, in MiB.
    checker_memory_mib: int = Field(1536, validation_alias="CI_HEALTH_CHECKER_MEMORY_MIB", ge=64, le=1_000_000)
    # The same for the tests, which may start browsers and servers.
    tests_memory_mib: int = Field(4096, validation_alias="CI_HEALTH_TESTS_MEMORY_MIB", ge=64, le=1_000_000)
    tests_seconds: float = Field(900.0, validation_alias="CI_HEALTH_TESTS_SECONDS", gt=0, le=86_400)
    # Folders that are not the team's own, beside those that are recognised; joined by commas.
    exclude: str = Field("", validation_alias="CI_HEALTH_EXCLUDE", max_length=4000)
    # The interpreter of the checked repository, with what its tests need; unset: its .venv or venv, where it has one.
    python: Path | None = Field(None, validation_alias="CI_HEALTH_PYTHON")
    # Where the checked app and its database answer; unset: they are not measured.
    app_url: str | None = Field(None, validation_alias="CI_HEALTH_APP_URL", pattern=ADDRESS)
    database_url: str | None = Field(None, validation_alias="CI_HEALTH_DATABASE_URL", repr=False)
    # An index that lists files as PEP 691 does, to learn of newer versions; unset: nobody is asked.
    package_index: str | None = Field(None, validation_alias="CI_HEALTH_PACKAGE_INDEX", pattern=ADDRESS)
    osv_url: str = Field(
        "https://osv-vulnerabilities.storage.googleapis.com", validation_alias="CI_OSV_URL", pattern=ADDRESS
    )

    @field_validator("osv_url", "app_url", "package_index")
    @classmethod
    def _without_last_slash(cls, value: str | None) -> str | None:
        return value if value is None else value.rstrip("/")

    @property
    def weights(self) -> dict[str, float]:
        """How much each part counts, by the name of its issue type."""
        return {
            name.removeprefix("weight_"): getattr(self, name)
            for name in type(self).model_fields
            if name.startswith("weight_")
        }

    @property
    def thresholds(self) -> dict[str, float]:
        """What counts as healthy, by name; a check notes them beside its figures."""
        names = (
            "min_score", "max_complexity", "max_line_length", "coverage_total_percent", "coverage_new_code_percent",
            "page_load_ms", "query_ms",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}
