"""NNoM for tests: its double lies here (tests/support/foreign.py)."""

from __future__ import annotations

from codegen.backends.nnom import Nnom
from tests.support.foreign import double_of, libraries

NNOM_DIR = Nnom.dependency.variable
DOUBLE = double_of(Nnom.dependency)
LIBRARIES = libraries(Nnom.dependency)
