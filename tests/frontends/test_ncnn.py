"""NCNN files: layers against ncnn itself, all ways to store weights, both forms of the parameters, damage."""

from __future__ import annotations

import contextlib
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen import reference
from codegen.errors import GencError
from codegen.frontends import load_model
from codegen.frontends.ncnn.parameters import DamagedError, parse_binary, parse_text
from codegen.frontends.ncnn.schema import NUMBERED
from codegen.frontends.options import ImportOptions

RNG = np.random.default_rng(5)


@dataclass
class Model:
    """A model as text and weights, and the largest value of its inputs."""

    lines: list[str]
    inputs: dict[str, tuple[int, ...]]
    weights: list[bytes] = field(default_factory=list)
    largest: float = 2.0

    def save(self, folder: Path) -> Path:
        names = [word for line in self.lines for word in line.split()[4:] if "=" not in word]
        heads = [f"Input in 0 1 {name}" for name in self.inputs]
        text = "\n".join(["7767517", f"{len(self.lines) + len(heads)} {len(set(names))}", *heads, *self.lines])
        (folder / "model.param").write_text(text + "\n")
        (folder / "model.bin").write_bytes(b"".join(self.weights))
        return folder / "model.param"

    @property
    def options(self) -> ImportOptions:
        return ImportOptions(dict(self.inputs), {})


def plain(*shape: int, low: float = -1.0, high: float = 1.0) -> bytes:
    return RNG.uniform(low, high, shape).astype("<f4").tobytes()


def tagged(*shape: int) -> bytes:
    return struct.pack("<I", 0) + plain(*shape)


def half(*shape: int) -> bytes:
    data = RNG.uniform(-1, 1, shape).astype("<f2").tobytes()
    return struct.pack("<I", 0x01306B47) + data + bytes(-len(data) % 4)


def int8(*shape: int) -> bytes:
    data = RNG.integers(-127, 128, shape).astype(np.int8).tobytes()
    return struct.pack("<I", 0x000D4B38) + data + bytes(-len(data) % 4)


def table(*shape: int) -> bytes:
    indices = RNG.integers(0, 256, shape).astype(np.uint8).tobytes()
    return struct.pack("<I", 1) + plain(256) + indices + bytes(-len(indices) % 4)


IMAGE = {"x": (4, 7, 9)}
MATRIX = {"x": (5, 8)}
TWO = {"x": (4, 7, 9), "z": (4, 7, 9)}

CONV = "0=6 1=3 11=2 2=1 3=2 13=1 4=1 14=0 15=2 16=1 5=1 6=144"
CASES: dict[str, Model] = {
    "conv": Model([f"Convolution l 1 1 x y {CONV} 9=2 -23310=1,0.1"], IMAGE, [tagged(144), plain(6)]),
    "conv half": Model([f"Convolution l 1 1 x y {CONV} 9=1"], IMAGE, [half(144), plain(6)]),
    "conv table": Model([f"Convolution l 1 1 x y {CONV}"], IMAGE, [table(144), plain(6)]),
    "conv same": Model(["Convolution l 1 1 x y 0=3 1=3 3=2 4=-233 5=0 6=108"], IMAGE, [tagged(108)]),
    "conv same lower": Model(["Convolution l 1 1 x y 0=3 1=3 3=2 4=-234 5=0 6=108"], IMAGE, [tagged(108)]),
    "conv border": Model(["Convolution l 1 1 x y 0=3 1=3 4=1 18=0.5 5=0 6=108"], IMAGE, [tagged(108)]),
    "conv 1d": Model(["Convolution1D l 1 1 x y 0=4 1=3 4=1 5=1 6=60"], MATRIX, [tagged(60), plain(4)]),
    "depthwise": Model(["ConvolutionDepthWise l 1 1 x y 0=8 1=3 4=1 5=1 6=72 7=4"], IMAGE, [tagged(72), plain(8)]),
    "grouped": Model(["ConvolutionDepthWise l 1 1 x y 0=6 1=3 4=1 5=1 6=108 7=2"], IMAGE, [tagged(108), plain(6)]),
    "deconv": Model(["Deconvolution l 1 1 x y 0=3 1=3 3=2 4=1 18=1 5=1 6=108"], IMAGE, [tagged(108), plain(3)]),
    "deconv grouped": Model(
        ["DeconvolutionDepthWise l 1 1 x y 0=4 1=3 3=2 4=1 5=1 6=36 7=4"], IMAGE, [tagged(36), plain(4)]
    ),
    "inner": Model(["InnerProduct l 1 1 x y 0=5 1=1 2=1260 9=3 -23310=2,-0.5,0.5"], IMAGE, [tagged(1260), plain(5)]),
    "inner rows": Model(["InnerProduct l 1 1 x y 0=3 1=1 2=24"], MATRIX, [tagged(24), plain(3)]),
    "gemm": Model(["Gemm l 1 1 x y 3=1 5=1 6=1 8=3 9=8 10=4 0=0.5"], MATRIX, [tagged(24), tagged(3)]),
    "matmul": Model(["MatMul l 2 1 x z y 0=1"], {"x": (5, 8), "z": (3, 8)}),
    "batch norm": Model(["BatchNorm l 1 1 x y 0=4 1=0.001"], IMAGE, [plain(8), plain(4, low=0.1), plain(4)]),
    "scale": Model(["Scale l 1 1 x y 0=4 1=1"], IMAGE, [plain(4), plain(4)]),
    "bias": Model(["Bias l 1 1 x y 0=4"], IMAGE, [plain(4)]),
    "prelu": Model(["PReLU l 1 1 x y 0=4"], IMAGE, [plain(4)]),
    "instance norm": Model(["InstanceNorm l 1 1 x y 0=4 1=0.001"], IMAGE, [plain(4), plain(4)]),
    "group norm": Model(["GroupNorm l 1 1 x y 0=2 1=4 2=0.001"], IMAGE, [plain(4), plain(4)]),
    "layer norm": Model(["LayerNorm l 1 1 x y 0=8 1=0.001"], MATRIX, [plain(8), plain(8)]),
    "layer norm 2": Model(["LayerNorm l 1 1 x y 0=63 1=0.001"], IMAGE, [plain(63), plain(63)]),
    "normalize": Model(["Normalize l 1 1 x y 0=0 1=0 2=0.0001 3=4 4=1"], IMAGE, [plain(4)]),
    "lrn": Model(["LRN l 1 1 x y 0=0 1=3 2=0.5 3=0.75 4=1.0"], IMAGE),
    "max pool": Model(["Pooling l 1 1 x y 0=0 1=3 2=2 3=1 5=0"], IMAGE),
    "max pool valid": Model(["Pooling l 1 1 x y 0=0 1=2 2=2 5=1"], IMAGE),
    "mean pool": Model(["Pooling l 1 1 x y 0=1 1=3 2=2 3=1 5=0"], IMAGE),
    "mean pool all": Model(["Pooling l 1 1 x y 0=1 1=3 2=2 3=1 5=1 6=1"], IMAGE),
    "mean pool same": Model(["Pooling l 1 1 x y 0=1 1=3 2=2 5=2"], IMAGE),
    "global pool": Model(["Pooling l 1 1 x y 0=1 4=1"], IMAGE),
    "adaptive pool": Model(["Pooling l 1 1 x y 0=1 7=1 8=3 18=7"], IMAGE),
    "lstm": Model(["LSTM l 1 1 x y 0=3 1=96 2=0"], MATRIX, [tagged(96), tagged(12), tagged(36)]),
    "lstm both": Model(["LSTM l 1 1 x y 0=3 1=192 2=2"], MATRIX, [tagged(192), tagged(24), tagged(72)]),
    "gru": Model(["GRU l 1 1 x y 0=3 1=72 2=0"], MATRIX, [tagged(72), tagged(12), tagged(27)]),
    "gru reverse": Model(["GRU l 1 1 x y 0=3 1=72 2=1"], MATRIX, [tagged(72), tagged(12), tagged(27)]),
    "gru both": Model(["GRU l 1 1 x y 0=3 1=144 2=2"], MATRIX, [tagged(144), tagged(24), tagged(54)]),
    "rnn": Model(["RNN l 1 1 x y 0=3 1=24 2=0"], MATRIX, [tagged(24), tagged(3), tagged(9)]),
    "lstm states": Model(
        ["LSTM l 3 3 x h c y hn cn 0=3 1=96"],
        {"x": (5, 8), "h": (1, 3), "c": (1, 3)},
        [tagged(96), tagged(12), tagged(36)],
    ),
    "embed": Model(
        ["Clip c 1 1 x k 0=0.0 1=0.0", "Embed l 1 1 k y 0=3 1=4 2=1 3=12"], {"x": (6,)}, [tagged(12), plain(3)]
    ),
    "reshape": Model(["Reshape l 1 1 x y 0=-1 1=4"], IMAGE),
    "reshape keep": Model(["Reshape l 1 1 x y 0=0 1=-1"], IMAGE),
    "permute": Model(["Permute l 1 1 x y 0=3"], IMAGE),
    "permute 4": Model(["Permute l 1 1 x y 0=4"], IMAGE),
    "concat": Model(["Concat l 2 1 x z y 0=0"], TWO),
    "concat last": Model(["Concat l 2 1 x z y 0=-1"], TWO),
    "slice": Model(["Slice l 1 2 x y w -23300=2,1,-233 1=0"], IMAGE),
    "crop": Model(["Crop l 1 1 x y -23309=2,1,2 -23310=2,-1,-233 -23311=2,1,2"], IMAGE),
    "crop sizes": Model(["Crop l 1 1 x y 0=1 1=2 2=1 3=5 4=-233 5=2"], IMAGE),
    "padding": Model(["Padding l 1 1 x y 0=1 1=2 2=0 3=3 4=0 5=0.25"], IMAGE),
    "padding reflect": Model(["Padding l 1 1 x y 0=1 1=2 2=2 3=3 4=2"], IMAGE),
    "squeeze": Model(["Reshape r 1 1 x k 0=-1 1=1 2=4", "Squeeze l 1 1 k y -23303=1,1"], IMAGE),
    "expand": Model(["ExpandDims l 1 1 x y -23303=1,1"], MATRIX),
    "flatten": Model(["Flatten l 1 1 x y"], IMAGE),
    "shuffle": Model(["ShuffleChannel l 1 1 x y 0=2"], IMAGE),
    "pixel shuffle": Model(["PixelShuffle l 1 1 x y 0=2"], IMAGE),
    "reorg": Model(["Reorg l 1 1 x y 0=2"], {"x": (3, 4, 6)}),
    "softmax": Model(["Softmax l 1 1 x y 0=0 1=1"], IMAGE),
    "softmax last": Model(["Softmax l 1 1 x y 0=-1 1=1"], IMAGE),
    "reduce": Model(["Reduction l 1 1 x y 0=3 1=0 -23303=2,1,2 4=0 5=1"], IMAGE),
    "reduce keep": Model(["Reduction l 1 1 x y 0=4 1=0 -23303=1,0 4=1 5=1"], IMAGE),
    "reduce all": Model(["Reduction l 1 1 x y 0=8 1=1 2=0.5"], IMAGE),
    "bilinear": Model(["Interp l 1 1 x y 0=2 3=14 4=13"], IMAGE),
    "bilinear corners": Model(["Interp l 1 1 x y 0=2 3=14 4=13 6=1"], IMAGE),
    "nearest": Model(["Interp l 1 1 x y 0=1 1=2.0 2=2.0"], IMAGE),
    "bicubic": Model(["Interp l 1 1 x y 0=3 3=14 4=18"], IMAGE),
    "eltwise": Model(["Eltwise l 2 1 x z y 0=1 -23301=2,0.5,2.0"], TWO),
    "binary scalar": Model(["BinaryOp l 1 1 x y 0=7 1=1 2=0.5"], IMAGE),
    "binary vector": Model(["BinaryOp l 2 1 x z y 0=2"], {"x": (4, 7, 9), "z": (4,)}),
    "binary row": Model(["BinaryOp l 2 1 x z y 0=0"], {"x": (5, 8), "z": (8,)}),
    "binary matrix": Model(["BinaryOp l 2 1 x z y 0=1"], {"x": (4, 7, 9), "z": (4, 7)}),
    "memory": Model(["MemoryData m 0 1 w 0=9 1=7 2=4", "BinaryOp l 2 1 x w y 0=2"], IMAGE, [plain(252)]),
    "power": Model(["Power l 1 1 x y 0=2.0 1=0.5 2=3.0"], IMAGE),
    "glu": Model(["GLU l 1 1 x y 0=0"], IMAGE),
    "split": Model(["Split s 1 2 x a b", "ReLU r 1 1 a k", "BinaryOp l 2 1 k b y 0=0"], IMAGE),
    **{
        name: Model([f"{name} l 1 1 x y {numbers}"], IMAGE)
        for name, numbers in {
            "AbsVal": "",
            "BNLL": "",
            "CELU": "0=0.7",
            "Clip": "0=-0.5 1=0.5",
            "ELU": "0=0.3",
            "Erf": "",
            "Exp": "1=0.5",
            "GELU": "0=1",
            "HardSigmoid": "",
            "HardSwish": "",
            "Mish": "",
            "ReLU": "0=0.1",
            "SELU": "",
            "Sigmoid": "",
            "Softplus": "",
            "Swish": "",
            "TanH": "",
            "Threshold": "0=0.1",
        }.items()
    },
    **{f"unary {n}": Model([f"UnaryOp l 1 1 x y 0={n}"], IMAGE) for n in (0, 1, 2, 3, 4, 7, 9, 10, 14, 16, 20, 22)},
    "unary tan": Model(["UnaryOp l 1 1 x y 0=11"], IMAGE, largest=1.4),  # it magnifies near pi/2 what any sum rounds
}


def values(model: Model) -> dict[str, np.ndarray]:
    """Inputs of a model, the same in whatever order the tests run."""
    rng = np.random.default_rng(6)
    low, high = -model.largest, model.largest
    return {n: rng.uniform(low, high, shape).astype(np.float32) for n, shape in model.inputs.items()}


def expected(path: Path, inputs: dict[str, np.ndarray], outputs: list[str]) -> list[np.ndarray]:
    """What ncnn computes, in float32 all through."""
    ncnn = pytest.importorskip("ncnn")
    net = ncnn.Net()
    for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_packing_layout"):
        setattr(net.opt, option, False)
    net.opt.use_winograd_convolution = net.opt.use_sgemm_convolution = False
    net.opt.num_threads = 1
    assert net.load_param(str(path)) == 0
    assert net.load_model(str(path.with_suffix(".bin"))) == 0
    run = net.create_extractor()
    for name, value in inputs.items():
        run.input(name, ncnn.Mat(value).clone())
    return [np.array(run.extract(name)[1]) for name in outputs]


@pytest.mark.parametrize("name", CASES)
def test_a_layer_as_ncnn_computes_it(name: str, tmp_path: Path) -> None:
    model = CASES[name]
    path = model.save(tmp_path)
    graph = load_model(path, model.options)
    inputs = values(model)
    outputs = [t.name for t in graph.outputs]
    want = expected(path, inputs, outputs)
    got = reference.Session(graph).step([inputs[t.name] for t in graph.inputs])
    for tensor, w, g in zip(graph.outputs, want, got, strict=True):
        assert g.shape == w.shape, tensor.name
        assert np.abs(g - w).max() <= 1e-5 * max(np.abs(w).max(), 1e-3) + 1e-6, tensor.name


def test_int8_weights_as_ncnn_computes_them(tmp_path: Path) -> None:
    scales = struct.pack("<7f", *[100.0] * 6, 60.0)
    model = Model([f"Convolution l 1 1 x y {CONV} 8=1"], IMAGE, [int8(144), plain(6), scales])
    path = model.save(tmp_path)
    x = values(model)["x"]
    (want,) = expected(path, {"x": x}, ["y"])
    (got,) = reference.Session(load_model(path, model.options)).step([x])
    assert np.abs(got - want).max() <= 1e-5 * np.abs(want).max()


def binary(text: str) -> bytes:
    """A text file in the binary form, for layers whose parameters are integers."""
    layers = parse_text(text)
    blobs = {name: i for i, name in enumerate(dict.fromkeys(n for la in layers for n in (*la.inputs, *la.outputs)))}
    words = [7767517, len(layers), len(blobs)]
    for layer in layers:
        names = [blobs[n] for n in (*layer.inputs, *layer.outputs)]
        words += [NUMBERED.index(layer.type), len(layer.inputs), len(layer.outputs), *names]
        for number, value in layer.parameters.items():
            if isinstance(value, tuple):
                words += [-23300 - number, len(value), *value]
            else:
                words += [number, value]
        words.append(-233)
    return struct.pack(f"<{len(words)}i", *words)


def test_the_binary_form_says_the_same(tmp_path: Path) -> None:
    model = CASES["conv same"]
    path = model.save(tmp_path)
    (tmp_path / "model.param.bin").write_bytes(binary(path.read_text()))
    graph = load_model(tmp_path / "model.param.bin", ImportOptions({"0": IMAGE["x"]}, {}))
    x = values(model)["x"]
    want = reference.Session(load_model(path, model.options)).step([x])[0]
    assert np.array_equal(reference.Session(graph).step([x])[0], want)


def test_wrong_weights_are_one_error(tmp_path: Path) -> None:
    model = CASES["conv"]
    path = model.save(tmp_path)
    weights = path.with_suffix(".bin")
    full = weights.read_bytes()
    weights.write_bytes(full[:-8])
    with pytest.raises(GencError, match="ends 8 bytes before the end of bias of layer 'l'"):
        load_model(path, model.options)
    weights.write_bytes(full + bytes(4))
    with pytest.raises(GencError, match="4 bytes are left over"):
        load_model(path, model.options)
    weights.unlink()
    with pytest.raises(GencError, match="keep them in one folder"):
        load_model(path, model.options)


def test_unknown_layers_and_open_shapes_are_all_named(tmp_path: Path) -> None:
    model = Model(["Yolov3DetectionOutput a 1 1 x k", "ROIAlign b 1 1 k y"], IMAGE)
    with pytest.raises(GencError) as caught:
        load_model(model.save(tmp_path))
    text = str(caught.value)
    assert "Yolov3DetectionOutput" in text
    assert "--input-shape x=" in text


@given(data=st.data())
def test_damage_is_one_error(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("ncnn")
    model = CASES[data.draw(st.sampled_from(sorted(CASES)))]
    path = model.save(folder)
    target = path if data.draw(st.booleans()) else path.with_suffix(".bin")
    content = bytearray(target.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    target.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(GencError):
        load_model(path, model.options)


@given(data=st.binary(max_size=200))
def test_binary_garbage(data: bytes) -> None:
    with contextlib.suppress(DamagedError):
        parse_binary((7767517).to_bytes(4, "little") + data)
