"""The back-end that calls Arm's CMSIS-NN, whose sources are the user's own (docs/backends.md).

Each layer calls the library's function for its case directly, not the wrapper that chooses at run time.  Layers it
offers nothing for, or nothing that is proved equal, fall back to our kernels.
"""

from __future__ import annotations

from typing import ClassVar

from codegen.backends.cmsis_nn import elementwise, linear, linear_s16, matrices, pool, recurrent, softmax
from codegen.backends.library import Dependency, Library
from codegen.ir import DType
from codegen.ir.ops import FullyConnected


class CmsisNn(Library):
    """Calls of CMSIS-NN, for Cortex-M."""

    name = "cmsis-nn"
    title = "CMSIS-NN"
    behind = ("mve", "armv7em")
    offers: ClassVar = {
        **linear.OFFERS,
        **linear_s16.OFFERS,
        **pool.OFFERS,
        **elementwise.OFFERS,
        **recurrent.OFFERS,
        **matrices.OFFERS,
        **softmax.OFFERS,
    }
    refusals: ClassVar = {
        (FullyConnected, DType.INT16): "it scales sums of int16 by multipliers of 16 bits, TFLite scales it in double",
    }
    dependency = Dependency(
        title=title,
        home="https://github.com/ARM-software/CMSIS-NN",
        versions="a version whose `arm_convolve_s8` takes `upscale_dims`; tested with that of May 2026",
        header="arm_nnfunctions.h",
        variable="GENC_CMSIS_NN_DIR",
        target="cmsis-nn",
        cmake=True,
        includes=("Include",),
        sources=("Source/**/*.c",),
        without=("_f16", "_f32", "_flt"),
    )
