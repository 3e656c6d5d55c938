"""The back-end that calls Arm's CMSIS-NN, whose sources are the user's own (docs/backends.md).

Each layer calls the library's function for its case directly, not the wrapper that chooses at run time.  Layers it
offers nothing for, or nothing that is proved equal, fall back to our kernels.
"""

from __future__ import annotations

from typing import ClassVar

from codegen.backends.cmsis_nn import linear, matrices, recurrent
from codegen.backends.library import Dependency, Function, Library, Offer
from codegen.ir import DType, ops


class CmsisNn(Library):
    """Calls of CMSIS-NN, for Cortex-M."""

    name = "cmsis-nn"
    title = "CMSIS-NN"
    behind = ("mve", "armv7em")
    offers: ClassVar = {
        (ops.Conv2D, DType.INT8): Offer(
            linear.conv_2d,
            (
                Function("arm_convolve_1x1_s8_fast", "1x1, stride 1, no padding"),
                Function("arm_convolve_s8", "any other window, stride, dilation"),
            ),
            "one group",
        ),
        (ops.DepthwiseConv2D, DType.INT8): Offer(
            linear.depthwise_conv_2d,
            (
                Function(
                    "arm_depthwise_conv_3x3_s8",
                    "cores without MVE; 3x3, one image, no dilation, at most one row and column of padding",
                ),
                Function(
                    "arm_depthwise_conv_s8_opt",
                    "cores with DSP or MVE; one image, no dilation, no channel multiplier, padding narrower than the "
                    "window",
                ),
                Function("arm_depthwise_conv_s8", "the rest"),
            ),
        ),
        (ops.FullyConnected, DType.INT8): Offer(
            linear.fully_connected,
            (Function("arm_fully_connected_per_channel_s8", "two roundings proved to give what one does"),),
        ),
        **recurrent.OFFERS,
        **matrices.OFFERS,
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
