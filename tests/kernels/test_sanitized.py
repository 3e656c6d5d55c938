"""The kernel tests again, with the kernels under AddressSanitizer and UndefinedBehaviorSanitizer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tools import need

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    "tests",
    [
        "test_portable.py",
        "test_linear.py",
        "test_armv7em.py",
        "test_mve.py",
        "test_int16.py",
        "test_typed_layers.py",
        "test_float.py",
        "test_onnx_operators.py",
    ],
)
def test_kernels_are_clean(tests: str) -> None:
    need("gcc")
    libraries = [
        subprocess.run(
            ["gcc", f"-print-file-name={name}.so"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for name in ("libasan", "libubsan")
    ]
    # Python's own allocations are none of our business; libasan must come before everything else.
    environment = {
        **os.environ,
        "GENC_SANITIZE": "1",
        "GENC_FULL": "0",
        "LD_PRELOAD": " ".join(libraries),
        "ASAN_OPTIONS": "detect_leaks=0",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", str(HERE / tests), "-k", "random"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=HERE.parents[1])
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
