"""CMSIS-NN for tests: its double lies here (tests/support/foreign.py)."""

from __future__ import annotations

from codegen.backends.cmsis_nn import CmsisNn
from tests.support.foreign import double_of, libraries

CMSIS_NN_DIR = CmsisNn.dependency.variable
DOUBLE = double_of(CmsisNn.dependency)
LIBRARIES = libraries(CmsisNn.dependency)
