"""What Kendryte's kpu.c does with a kmodel v3, in numpy; convolutions by the KPU's simulator."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from codegen.ir import Array
from codegen.kmodel.layout import Kind, KModel, Layer, conv_shape
from tests.support.kpu import RAM_BYTES, SILICON, aligned, offsets
from tests.support.kpu import Layer as Command

STREAM = 1
F4, U1 = np.dtype("<f4"), np.dtype("u1")


class Machine:
    """A loaded file; `streamed` holds what each convolution sent to main memory, by the layer's number."""

    def __init__(self, model: KModel, lib: ctypes.CDLL) -> None:
        self.model, self.lib = model, lib
        self.main = np.zeros(model.main_bytes, np.uint8)
        self.ram = np.full(RAM_BYTES, 0xA5, np.uint8)
        self.streamed: dict[int, Array] = {}

    def at(self, address: Any, count: int, dtype: np.dtype[Any] = F4) -> Array:
        """A view of the main buffer."""
        part = self.main[int(address) : int(address) + count * dtype.itemsize]
        assert part.size == count * dtype.itemsize, "beyond the main buffer"
        return part.view(dtype)

    def run(self, x: Array) -> list[Array]:
        """Outputs, as bytes, for an input: uint8 planes, or floats for a matrix product."""
        first = self.model.layers[0]
        if first.kind is Kind.K210_CONV:
            shape = conv_shape(first.arrays["words"])
            assert x.shape == shape.source
            self.ram[shape.rows[0] * 64 + offsets(*shape.source)] = x
        else:
            assert first.kind is Kind.FULLY_CONNECTED
            self.at(first.fields["in"], int(first.fields["in_channels"]))[:] = x
        for index, layer in enumerate(self.model.layers):
            if layer.kind is Kind.K210_CONV:
                self._convolve(index, layer)
            else:
                MEANINGS[layer.kind](self, layer.fields, layer.arrays)
        return [self.main[address : address + size].copy() for address, size in self.model.outputs]

    def _convolve(self, index: int, layer: Layer) -> None:
        words = [int(w) for w in layer.arrays["words"]]
        shape = conv_shape(layer.arrays["words"])
        sends = bool(layer.fields["flags"])
        words[0], words[11] = words[0] | int(not sends), words[11] | int(sends)
        tables = [aligned(layer.arrays[name]) for name in ("weights", "scaling", "activation")]
        places = (table.ctypes.data for table in tables)
        raw = np.array(words, np.uint64)
        command = Command(raw.ctypes.data, *places, int(self.model.wide))
        sent = np.zeros(int(np.prod(shape.target)), np.uint8)
        stream = ctypes.c_void_p(sent.ctypes.data) if sends else None
        place = ctypes.c_void_p(self.ram.ctypes.data)
        status = self.lib.genc_kpu_simulate(ctypes.byref(command), ctypes.byref(SILICON), place, stream)
        assert status == 0, f"layer {index}: the simulator says {status}"
        if sends:
            self.at(layer.fields["main_out"], -(-sent.size // 8) * 8, U1)[: sent.size] = sent
            self.streamed[index] = sent.reshape(shape.target)


def _pixels(f: Any) -> Array:
    """Where an upload writes."""
    base = int(f["kpu_out"]) * 64
    return np.asarray(base + offsets(int(f["channels"]), int(f["height"]), int(f["width"])))


def _upload(m: Machine, f: Any, _: Any) -> None:
    place = _pixels(f)
    m.ram[place] = m.at(f["in"], place.size, U1).reshape(place.shape)


def _add_padding(m: Machine, f: Any, _: Any) -> None:
    place = _pixels({**f, "height": 4, "width": 4})
    m.ram[place[:, 0, 0]] = m.at(f["in"], len(place), U1)


def _remove_padding(m: Machine, f: Any, _: Any) -> None:
    count = int(f["channels"])
    m.at(f["out"], count, U1)[:] = m.at(f["in"], 16 * count, U1)[::16]


def _concat(m: Machine, f: Any, arrays: Any) -> None:
    to = int(f["out"])
    for start, size in arrays["ranges"].tolist():
        m.at(to, size, U1)[:] = m.at(start, size, U1).copy()
        to += size


def _requantize(m: Machine, f: Any, arrays: Any) -> None:
    count = int(f["count"])
    m.at(f["out"], count, U1)[:] = arrays["table"][m.at(f["in"], count, U1)]


def _quantize(m: Machine, f: Any, _: Any) -> None:
    count = int(f["count"])
    value = (m.at(f["in"], count) - np.float32(f["bias"])) * (np.float32(1) / np.float32(f["scale"]))
    rounded = np.trunc(value + np.copysign(np.float32(0.5), value))
    m.at(f["out"], count, U1)[:] = np.clip(rounded, 0, 255)


def _dequantize(m: Machine, f: Any, _: Any) -> None:
    count = int(f["count"])
    m.at(f["out"], count)[:] = m.at(f["in"], count, U1) * np.float32(f["scale"]) + np.float32(f["bias"])


def _product(m: Machine, f: Any, arrays: Any) -> None:
    x = m.at(f["in"], int(f["in_channels"]))
    y = arrays["weights"] @ x + arrays["bias"]
    limits = {0: (-np.inf, np.inf), 1: (0, np.inf), 2: (0, 6)}
    m.at(f["out"], len(y))[:] = np.clip(y, *limits[f["act"]])


def _add(m: Machine, f: Any, _: Any) -> None:
    count = int(f["count"])
    m.at(f["out"], count)[:] = m.at(f["a"], count) + m.at(f["b"], count)


def _mean(m: Machine, f: Any, _: Any) -> None:
    count, size = int(f["channels"]), int(f["kernel_size"])
    m.at(f["out"], count)[:] = m.at(f["in"], count * size).reshape(count, size).sum(axis=1) / np.float32(size)


def _pool(reduce: Callable[[Array], Any], dtype: np.dtype[Any]) -> Callable[[Machine, Any, Any], None]:
    def meaning(m: Machine, f: Any, _: Any) -> None:
        c, h, w = (int(f[f"in_{name}"]) for name in ("channels", "height", "width"))
        rows, columns = int(f["out_height"]), int(f["out_width"])
        x = m.at(f["in"], c * h * w, dtype).reshape(c, h, w)
        y = np.zeros((c, rows, columns), dtype)
        for i in range(rows):
            for j in range(columns):
                top = i * int(f["stride_height"]) - int(f["pad_height"])
                left = j * int(f["stride_width"]) - int(f["pad_width"])
                bottom, right = top + int(f["kernel_height"]), left + int(f["kernel_width"])
                y[:, i, j] = reduce(x[:, max(top, 0) : bottom, max(left, 0) : right])
        m.at(f["out"], y.size, dtype)[:] = y.reshape(-1)

    return meaning


def _flatten(m: Machine, f: Any, _: Any) -> None:
    c, h, w = (int(f[name]) for name in ("channels", "height", "width"))
    m.at(f["out"], c * h * w)[:] = m.at(f["in"], c * h * w).reshape(c, h, w).transpose(1, 2, 0).reshape(-1)


def _softmax(m: Machine, f: Any, _: Any) -> None:
    x = m.at(f["in"], int(f["channels"]))
    powers = np.exp(x - max(np.float32(np.finfo(np.float32).tiny), x.max()))
    m.at(f["out"], x.size)[:] = powers / powers.sum()


def _logistic(m: Machine, f: Any, _: Any) -> None:
    x = m.at(f["in"], int(f["channels"]))
    m.at(f["out"], x.size)[:] = 1 / (1 + np.exp(-x))


MEANINGS: dict[Kind, Callable[[Machine, Any, Any], None]] = {
    Kind.ADD: _add,
    Kind.AVERAGE_POOL2D: _pool(lambda window: window.mean(axis=(1, 2)), F4),
    Kind.CONCAT: _concat,
    Kind.DEQUANTIZE: _dequantize,
    Kind.FULLY_CONNECTED: _product,
    Kind.GLOBAL_AVERAGE_POOL2D: _mean,
    Kind.K210_ADD_PADDING: _add_padding,
    Kind.K210_REMOVE_PADDING: _remove_padding,
    Kind.K210_UPLOAD: _upload,
    Kind.LOGISTIC: _logistic,
    Kind.QUANTIZE: _quantize,
    Kind.QUANTIZED_CONCAT: _concat,
    Kind.QUANTIZED_MAX_POOL2D: _pool(lambda window: window.max(axis=(1, 2)), U1),
    Kind.REQUANTIZE: _requantize,
    Kind.SOFTMAX: _softmax,
    Kind.TENSORFLOW_FLATTEN: _flatten,
}
