"""One small network twice: as a TFLite file whose scales are powers of two, and as a program of NNoM's own run-time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from codegen.ir import Array
from tests.support.tflite_writer import ModelWriter

PORT = """\
#ifndef __NNOM_PORT_H__
#define __NNOM_PORT_H__
#include <stdio.h>
#include <stdlib.h>
#define nnom_malloc(n) malloc(n)
#define nnom_free(p) free(p)
#define nnom_memset(p, v, s) memset(p, v, s)
#define nnom_memcpy(dst, src, len) memcpy(dst, src, len)
#define nnom_us_get() 0
#define nnom_ms_get() 0
#define NNOM_LOG(...)
#define NNOM_BLOCK_NUM (8)
#define DENSE_WEIGHT_OPT (0)
#endif
"""
"""A configuration of NNoM; dense layers take weights as they are, for its other order loses biases."""

MAIN = """\
int main(void)
{
    model_t model;
    layer_t *l[64];
    new_model(&model);
    l[0] = Input(shape(HEIGHT, WIDTH, CHANNELS), input);
BODY
    l[LAST] = model.hook(Output(shape(OUTPUTS, 1, 1), output), l[LAST - 1]);
    if (model_compile(&model, l[0], l[LAST]) != NN_SUCCESS) return 1;
    while (fread(input, 1, sizeof input, stdin) == sizeof input) {
        if (model_run(&model) != NN_SUCCESS) return 2;
        fwrite(output, 1, sizeof output, stdout);
    }
    return 0;
}
"""


@dataclass
class Node:
    """A tensor of the network: its index in the file, its layer of NNoM's, its shape and the power of its scale."""

    tensor: int
    layer: int
    shape: tuple[int, ...]
    power: int


@dataclass
class Network:
    """Layers, added to both at once."""

    rng: np.random.Generator
    writer: ModelWriter = field(default_factory=ModelWriter)
    arrays: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def start(self, shape: tuple[int, int, int], power: int) -> Node:
        index = self.writer.tensor("x", (1, *shape), scale=2.0**power)
        return Node(index, 0, (1, *shape), power)

    def _next(self, line: str, shape: tuple[int, ...], power: int) -> Node:
        self.lines.append(line)
        tensor = self.writer.tensor(f"t{len(self.lines)}", shape, scale=2.0**power)
        return Node(tensor, len(self.lines), shape, power)

    def _constants(self, x: Node, w: Array, powers: tuple[int, int], axis: int) -> tuple[list[int], int]:
        """Weights and biases in the file, and in C under the number of their layer."""
        (w_power, y_power), outputs = powers, w.shape[axis]
        number, shift = len(self.lines) + 1, int(self.rng.integers(0, 5))
        bias = self.rng.integers(-128, 128, outputs)
        data = self.writer.tensor(f"w{number}", w.shape, scale=[2.0**w_power], axis=axis, data=w)
        of_bias = self.writer.tensor(
            f"b{number}", (outputs,), "int32", 2.0 ** (x.power + w_power), data=(bias << shift)
        )
        in_c = w[0] if w.ndim == 4 and axis == 3 else w
        self.arrays += [
            f"static const int8_t w{number}[] = {{{', '.join(map(str, in_c.ravel().tolist()))}}};",
            f"static const int8_t b{number}[] = {{{', '.join(map(str, bias.tolist()))}}};",
            f"static const nnom_weight_t W{number} = {{w{number}, {y_power - x.power - w_power}}};",
            f"static const nnom_bias_t B{number} = {{b{number}, {shift}}};",
        ]
        return [x.tensor, data, of_bias], number

    def _activated(self, line: str, number: int, *, relu: bool) -> str:
        return line + (f"\n    l[{number}] = model.active(act_relu(), l[{number}]);" if relu else "")

    def conv(
        self,
        x: Node,
        outputs: int,
        kernel: int,
        power: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        same: bool = True,
        relu: bool = True,
        depthwise: bool = False,
        w_power: int = -7,
    ) -> Node:
        _, h, w, c = x.shape
        extent = (kernel - 1) * dilation + 1
        size = (h, w) if same else ((h - extent) // stride + 1, (w - extent) // stride + 1)
        shape = (1, kernel, kernel, c) if depthwise else (outputs, kernel, kernel, c)
        weights = self.rng.integers(-127, 128, shape).astype(np.int8)
        inputs, n = self._constants(x, weights, (w_power, power), 3 if depthwise else 0)
        make, count = ("DW_Conv2D", 1) if depthwise else ("Conv2D", outputs)
        padding = "PADDING_SAME" if same else "PADDING_VALID"
        line = (
            f"    l[{n}] = model.hook({make}({count}, kernel({kernel}, {kernel}), stride({stride}, {stride}), "
            f"dilation({dilation}, {dilation}), {padding}, &W{n}, &B{n}), l[{x.layer}]);"
        )
        y = self._next(self._activated(line, n, relu=relu), (1, *size, outputs), power)
        options = {
            "padding": "SAME" if same else "VALID",
            "stride_h": stride,
            "stride_w": stride,
            "dilation_h_factor": dilation,
            "dilation_w_factor": dilation,
            "fused_activation_function": "RELU" if relu else "NONE",
        }
        if depthwise:
            options["depth_multiplier"] = 1
        self.writer.operator("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", inputs, [y.tensor], **options)
        return y

    def pool(self, x: Node, kernel: int, stride: int, *, maximum: bool) -> Node:
        _, h, w, c = x.shape
        n = len(self.lines) + 1
        name = "MaxPool" if maximum else "AvgPool"
        window = f"kernel({kernel}, {kernel}), stride({stride}, {stride})"
        line = f"    l[{n}] = model.hook({name}({window}, PADDING_VALID), l[{x.layer}]);"
        y = self._next(line, (1, (h - kernel) // stride + 1, (w - kernel) // stride + 1, c), x.power)
        self.writer.operator(
            "MAX_POOL_2D" if maximum else "AVERAGE_POOL_2D",
            [x.tensor],
            [y.tensor],
            padding="VALID",
            stride_h=stride,
            stride_w=stride,
            filter_height=kernel,
            filter_width=kernel,
        )
        return y

    def add(self, a: Node, b: Node, power: int) -> Node:
        assert a.power == b.power
        n = len(self.lines) + 1
        line = f"    l[{n}] = model.merge(Add({power - a.power}), l[{a.layer}], l[{b.layer}]);"
        y = self._next(line, a.shape, power)
        self.writer.operator("ADD", [a.tensor, b.tensor], [y.tensor])
        return y

    def dense(self, x: Node, outputs: int, power: int, *, relu: bool, w_power: int = -7) -> Node:
        depth = int(np.prod(x.shape))
        weights = self.rng.integers(-127, 128, (outputs, depth)).astype(np.int8)
        inputs, n = self._constants(x, weights, (w_power, power), 0)
        line = f"    l[{n}] = model.hook(Dense({outputs}, &W{n}, &B{n}), l[{x.layer}]);"
        y = self._next(self._activated(line, n, relu=relu), (1, outputs), power)
        self.writer.operator(
            "FULLY_CONNECTED", inputs, [y.tensor], fused_activation_function="RELU" if relu else "NONE"
        )
        return y

    def program(self, x: Node, y: Node) -> str:
        """C of NNoM's run-time: inputs from stdin, outputs to stdout."""
        _, height, width, channels = x.shape
        outputs = int(np.prod(y.shape))
        head = ["#include <stdio.h>", '#include "nnom.h"', *self.arrays]
        head += [f"static int8_t input[{height * width * channels}], output[{outputs}];"]
        words = {
            "HEIGHT": height,
            "WIDTH": width,
            "CHANNELS": channels,
            "OUTPUTS": outputs,
            "BODY": "\n".join(self.lines),
            "LAST": len(self.lines) + 1,
            "model_t": "nnom_model_t",
            "layer_t": "nnom_layer_t",
        }
        main = MAIN
        for word, value in words.items():
            main = main.replace(word, str(value))
        return "\n".join([*head, main])


def small_network(seed: int) -> tuple[bytes, str, tuple[int, ...]]:
    """A TFLite file, the same as a program of NNoM's, and the shape of its input."""
    net = Network(np.random.default_rng(seed))
    x = net.start((12, 12, 3), -6)
    t = net.conv(x, 8, 3, -5)
    t = net.pool(t, 2, 2, maximum=True)
    t = net.conv(t, 8, 3, -4, depthwise=True)
    a = net.conv(t, 8, 1, -3, relu=False)
    b = net.conv(t, 8, 3, -3, dilation=2, relu=False)
    t = net.add(a, b, -2)
    t = net.conv(t, 6, 2, -1, stride=2, same=False)
    t = net.pool(t, 2, 1, maximum=False)
    t = net.dense(t, 12, 0, relu=True)
    y = net.dense(t, 10, 1, relu=False)
    return net.writer.build([x.tensor], [y.tensor]), net.program(x, y), x.shape
