"""What CMSIS-NN is compiled for, and what its functions take there: instructions by GCC 12 -O2, measured in QEMU."""

from __future__ import annotations

from codegen.backends.candidate import Core

MAC = {"mve": 0.35, "dsp": 1.4, "": 4.5}
"""Of one multiply-accumulate in a convolution, roughly, by what the core has."""

DEPTHWISE_MAC = {"mve": 2.0, "dsp": 4.0, "": 9.0}

OUTPUT = 20
"""To requantise one output."""

CALL_INSTRUCTIONS = 220
"""Of a call of the library: the band's rows, the structs, the function's entry."""


def extension(core: Core) -> str:
    """The instructions that the library is compiled for: "mve", "dsp" or none ("")."""
    return next((feature for feature in ("mve", "dsp") if feature in core.features), "")
