"""Rewrites the tables of a page that list what each kernel library covers: `python -m tools.backend_tables PAGE`."""

from __future__ import annotations

import sys
from pathlib import Path

from codegen.report.coverage import with_tables

if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(with_tables(page.read_text("utf-8")), "utf-8")
