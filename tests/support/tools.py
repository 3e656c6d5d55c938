"""Programs that tests need beside Python: a test without its compiler is skipped, but never on CI."""

from __future__ import annotations

import os
import shutil

import pytest

ON_CI = os.environ.get("CI", "") not in {"", "0", "false"}


def need(*programs: str) -> None:
    """Skip the running test, with the reason, when one of these programs is not installed; on CI (`CI=1`) fail."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing and ON_CI:
        pytest.fail(f"not installed: {', '.join(missing)}")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
