"""What every test gets: the skips that markers mean, and the hypothesis profiles."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.support import models

FULL = os.environ.get("GENC_FULL") == "1"

_COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
settings.register_profile("quick", _COMMON, max_examples=25, derandomize=True)
settings.register_profile("full", _COMMON, max_examples=1000, print_blob=True)
settings.load_profile("full" if FULL else "quick")

_SKIPS = {
    "full": "" if FULL else "only with GENC_FULL=1 (make test-full)",
    "models": models.MISSING,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this run cannot or shall not do, with the reason."""
    for item in items:
        for marker, reason in _SKIPS.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
