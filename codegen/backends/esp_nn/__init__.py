"""The back-end that calls Espressif's ESP-NN, whose sources are the user's own (docs/backends.md).

The library's headers choose the implementation by the chip: vectors on ESP32-S3 and P4, plain C elsewhere.  Buffers
and alignment are those of the chip that the package is generated for.  Layers it offers nothing for, or nothing that
is right, fall back to our kernels.
"""

from __future__ import annotations

from typing import ClassVar

from codegen.backends.esp_nn import elementwise, images
from codegen.backends.library import Dependency, Function, Library, Offer
from codegen.ir import DType, ops

_TABLE = Function("esp_nn_logistic_s8", "which looks bytes up: the table is the operator's own")


class EspNn(Library):
    """Calls of ESP-NN, for the ESP32 family."""

    name = "esp-nn"
    title = "ESP-NN"
    offers: ClassVar = {
        (ops.Conv2D, DType.INT8): Offer(
            images.conv_2d,
            (Function("esp_nn_conv_s8", "groups of windows larger than 1x1 only, and not on ESP32-P4"),),
            "no dilation",
        ),
        (ops.DepthwiseConv2D, DType.INT8): Offer(
            images.depthwise_conv_2d,
            (Function("esp_nn_depthwise_conv_s8", "ESP32-P4: up to 256 channels"),),
            "no dilation",
        ),
        (ops.FullyConnected, DType.INT8): Offer(
            elementwise.fully_connected,
            (
                Function("esp_nn_fully_connected_s8", "one factor for all outputs"),
                Function("esp_nn_fully_connected_per_ch_s8", "else"),
            ),
            "two roundings proved to give what one does",
        ),
        (ops.Add, DType.INT8): Offer(
            elementwise.add, (Function("esp_nn_add_elementwise_s8", "operands of one shape"),)
        ),
        (ops.Mul, DType.INT8): Offer(
            elementwise.mul,
            (
                Function("esp_nn_mul_elementwise_s8", "operands of one shape"),
                Function("esp_nn_mul_broadcast_channel_s8", "a number for each channel; not on ESP32-S3"),
            ),
            "factors of at most 1",
        ),
        (ops.AveragePool2D, DType.INT8): Offer(
            images.pool_2d, (Function("esp_nn_avg_pool_s8", "ESP32-S3: windows of up to 255 elements"),)
        ),
        (ops.MaxPool2D, DType.INT8): Offer(
            images.pool_2d, (Function("esp_nn_max_pool_s8", "ESP32-S3: channels by fours"),)
        ),
        (ops.Mean, DType.INT8): Offer(elementwise.mean, (Function("esp_nn_mean_nhwc_s8", "over height and width"),)),
        (ops.Softmax, DType.INT8): Offer(
            elementwise.softmax,
            (
                Function(
                    "esp_nn_softmax_s8", "up to 4,095 elements; ESP32-S3 and P4: several rows only of 16 n elements"
                ),
            ),
        ),
        (ops.Lookup, DType.INT8): Offer(elementwise.lookup, (_TABLE,)),
        **{
            (op, DType.INT8): Offer(elementwise.unary, (_TABLE,))
            for op in (ops.Relu, ops.Relu6, ops.ReluN1To1, ops.Logistic, ops.Tanh, ops.HardSwish, ops.LeakyRelu)
        },
    }
    dependency = Dependency(
        title=title,
        home="https://github.com/espressif/esp-nn",
        versions="1.2.3 or later of 1.x",
        header="esp_nn.h",
        variable="GENC_ESP_NN_DIR",
        target="esp-nn",
        cmake=False,
        includes=("include", "src/common"),
        sources=("src/**/*.c",),
        without=("_esp32s3", "_esp32p4"),
        defines=("CONFIG_NN_OPTIMIZED",),
        esp_idf=("espressif/esp-nn", "^1.2.3"),
        platformio="https://github.com/espressif/esp-nn.git",
    )
