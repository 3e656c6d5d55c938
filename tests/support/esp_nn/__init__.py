"""ESP-NN for tests: its double lies here (tests/support/foreign.py)."""

from __future__ import annotations

from codegen.backends.esp_nn import EspNn
from tests.support.foreign import double_of, libraries

ESP_NN_DIR = EspNn.dependency.variable
DOUBLE = double_of(EspNn.dependency)
LIBRARIES = libraries(EspNn.dependency)
