"""The layers of kmodel v3, as data: numbers, names, fields in order, arrays behind them.

Meaning of each: Kendryte's kpu.c, which interprets the file.  Maps in main memory are planes, [C][H][W], of uint8 or of
float32 ("float").  Addresses: bytes of the main buffer, or rows of 64 bytes of KPU RAM ("kpu_out").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from codegen.ir import Array

Number = int | float
Shape = tuple[int, ...]

SHAPE_IN, SHAPE_OUT = "in_width in_height in_channels", "out_width out_height out_channels"
WINDOW = "kernel_width kernel_height stride_width stride_height pad_width pad_height"
CONV_ARRAYS = ("words", "weights", "scaling", "activation")


class Kind(Enum):
    """A layer: its number in the file and its fields; ":i" is signed, ":f" float, all have 32 bits."""

    ADD = (1, "flags a b out count")
    QUANTIZED_ADD = (2, "flags a b out count a_off:i a_mul:i a_shift:i b_off:i b_mul:i b_shift:i off:i mul:i shift:i")
    GLOBAL_AVERAGE_POOL2D = (5, "flags in out kernel_size channels")
    QUANTIZED_MAX_POOL2D = (8, f"flags in out {SHAPE_IN} {SHAPE_OUT} {WINDOW}")
    AVERAGE_POOL2D = (9, f"flags in out {SHAPE_IN} {SHAPE_OUT} {WINDOW} act")
    QUANTIZE = (11, "flags in out count scale:f bias:f")
    DEQUANTIZE = (12, "flags in out count scale:f bias:f")
    REQUANTIZE = (13, "flags in out count")
    L2_NORMALIZATION = (14, "flags in out channels")
    SOFTMAX = (15, "flags in out channels")
    CONCAT = (16, "flags out inputs")
    QUANTIZED_CONCAT = (17, "flags out inputs")
    FULLY_CONNECTED = (18, "flags in out in_channels out_channels act")
    TENSORFLOW_FLATTEN = (20, "flags in out width height channels")
    QUANTIZED_TENSORFLOW_FLATTEN = (21, "flags in out width height channels")
    RESIZE_NEAREST_NEIGHBOR = (22, f"flags in out {SHAPE_IN} out_width out_height align_corners")
    QUANTIZED_RESIZE_NEAREST_NEIGHBOR = (23, f"flags in out {SHAPE_IN} out_width out_height align_corners")
    CHANNELWISE_DEQUANTIZE = (24, "flags in out channels channel_size")
    LOGISTIC = (25, "flags in out channels")
    K210_CONV = (10240, "flags main_out words weights scaling activation")
    K210_ADD_PADDING = (10241, "flags in kpu_out channels")
    K210_REMOVE_PADDING = (10242, "flags in out channels")
    K210_UPLOAD = (10243, "flags in kpu_out width height channels")

    def __init__(self, number: int, fields: str) -> None:
        self.number = number
        self.types = {name: code or "I" for name, _, code in (f.partition(":") for f in fields.split())}

    @property
    def format(self) -> str:
        """Of its fields, for struct."""
        return "<" + "".join(self.types.values())


BY_NUMBER = {kind.number: kind for kind in Kind}
UNKNOWN_TO_KENDRYTE = frozenset({Kind.QUANTIZED_TENSORFLOW_FLATTEN})
"""kpu.c stops at these; Sipeed's has them."""

Fields = Mapping[str, Number]
ARRAYS: dict[Kind, dict[str, tuple[str, Callable[[Fields], Shape]]]] = {
    Kind.REQUANTIZE: {"table": ("u1", lambda _: (256,))},
    Kind.CONCAT: {"ranges": ("<u4", lambda f: (int(f["inputs"]), 2))},
    Kind.QUANTIZED_CONCAT: {"ranges": ("<u4", lambda f: (int(f["inputs"]), 2))},
    Kind.FULLY_CONNECTED: {
        "weights": ("<f4", lambda f: (int(f["out_channels"]), int(f["in_channels"]))),
        "bias": ("<f4", lambda f: (int(f["out_channels"]),)),
    },
    Kind.CHANNELWISE_DEQUANTIZE: {"scales": ("<f4", lambda f: (int(f["channels"]), 2))},
}
"""Arrays right behind the fields: numpy type and shape."""


@dataclass(frozen=True)
class ConvShape:
    """What the twelve words of a layer say.

    Attributes:
        source, target: (channels, height, width).
        rows: where both are in KPU RAM.
        kernel, depthwise, pool, stream: see codegen.backends.kpu.words.Layer.
    """

    source: tuple[int, int, int]
    target: tuple[int, int, int]
    rows: tuple[int, int]
    kernel: int
    depthwise: bool
    pool: int

    @property
    def weights(self) -> int:
        """How many there are."""
        inputs = 1 if self.depthwise else self.source[0]
        return self.target[0] * inputs * self.kernel**2


def conv_shape(words: Array) -> ConvShape:
    """Decode the words of a layer."""
    w = [int(word) for word in words]

    def part(word: int, low: int, bits: int) -> int:
        return w[word] >> low & ((1 << bits) - 1)

    return ConvShape(
        source=(part(2, 0, 10) + 1, part(3, 10, 9) + 1, part(3, 0, 10) + 1),
        target=(part(2, 32, 10) + 1, part(3, 42, 9) + 1, part(3, 32, 10) + 1),
        rows=(part(1, 0, 15), part(1, 32, 15)),
        kernel=3 if part(4, 0, 3) else 1,
        depthwise=bool(part(0, 3, 1)),
        pool=part(4, 4, 4),
    )


@dataclass(eq=False)
class Layer:
    """A layer of a file.

    Attributes:
        kind: what it does.
        fields: numbers, by name; offsets of a K210_CONV are 0 until it is written.
        arrays: by name; of a K210_CONV those of CONV_ARRAYS: words, uint8 (or, wide, uint16) weights, scaling, 144
            bytes.
        source: the operator that it came from; not in the file.
    """

    kind: Kind
    fields: dict[str, Number]
    arrays: dict[str, Array] = field(default_factory=dict)
    source: str = ""


@dataclass(eq=False)
class KModel:
    """A file.

    Attributes:
        layers: in order.
        outputs: (address, bytes) in the main buffer.
        main_bytes: size of the main buffer.
        wide: weights of 16 bits.
    """

    layers: list[Layer]
    outputs: list[tuple[int, int]]
    main_bytes: int
    wide: bool = False
