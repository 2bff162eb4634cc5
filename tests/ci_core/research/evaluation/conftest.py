from __future__ import annotations

from tests.ci_core.research.scoring.conftest import words  # noqa: F401
