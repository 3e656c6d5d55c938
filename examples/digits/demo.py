"""Builds the generated digit classifier for this PC and shows what it answers.

    gen-c examples/digits/digits.tflite --board esp32 -o build/digits
    python -m examples.digits.demo build/digits

The C is the same that would run on the board; only the compiler is another.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
FLAGS = ("-std=c99", "-O2", "-Wall", "-Wextra")


def write_records(path: Path) -> None:
    """The test split as main.c reads it: 64 pixels and the label, image after image."""
    with np.load(HERE / "digits_test.npz") as test:
        images, labels = test["images"], test["labels"]
    path.write_bytes(np.column_stack([images.reshape(len(images), -1), labels]).tobytes())


def run(package: Path) -> str:
    """What main.c prints when it is linked with the generated package."""
    compiler = os.environ.get("CC", "cc")
    with tempfile.TemporaryDirectory() as directory:
        program, records = Path(directory, "digits"), Path(directory, "digits_test.bin")
        sources = [HERE / "main.c", *sorted((package / "src").glob("*.c"))]
        subprocess.run([compiler, *FLAGS, f"-I{package / 'src'}", *sources, "-o", program, "-lm"], check=True)
        write_records(records)
        return subprocess.run([program, records], check=True, capture_output=True, text=True).stdout


def main() -> int:
    """Build and run; the package must have been written by gen-c before."""
    parser = argparse.ArgumentParser(description="Build the generated digit classifier for this PC and run it.")
    parser.add_argument("package", type=Path, help="folder that gen-c wrote from digits.tflite")
    package = parser.parse_args().package
    if not (package / "src" / "digits.h").is_file():
        print(f"no generated library in {package}: run gen-c examples/digits/digits.tflite first", file=sys.stderr)
        return 2
    print(run(package), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
