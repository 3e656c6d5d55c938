"""The back-end esp-nn: every generated call against the double, for every chip, and the library if it is given."""

from __future__ import annotations

import ctypes
import dataclasses
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.esp_nn import EspNn
from codegen.backends.esp_nn.chips import Chip
from codegen.backends.esp_nn.windows import conv_bytes, depthwise_bytes, geometry
from codegen.backends.library import Declined
from codegen.boards import find_board
from codegen.compiler import Compiled, Options, compile_model
from codegen.errors import GencError
from codegen.ir import Activation, DType, Operator, Quantization, Tensor, ops
from codegen.render.writer import write
from codegen.resources import resource_dir
from codegen.verify import verify_model
from codegen.verify.bench import bench_model
from codegen.verify.foreign import foreign_libraries
from tests.conftest import FULL
from tests.kernels.test_compile import COMPILERS, STRICT
from tests.support.esp_nn import DOUBLE, ESP_NN_DIR, LIBRARIES
from tests.support.kernel_harness import check_candidate
from tests.support.linear_operators import convolutions, depthwise_convolutions, matrix_products
from tests.support.models import model_folder
from tests.support.plain_operators import binary, lookup, mean, pool, softmax, unary
from tests.support.tools import need

CORES = {
    "C": (Core("rv32imc", frozenset({"mul64"})), ()),
    "S3": (Core("xtensa-lx7", frozenset({"fpu", "mul64"})), ("CONFIG_IDF_TARGET_ESP32S3",)),
    "P4": (Core("rv32imafc", frozenset({"fpu", "mul64"})), ("CONFIG_IDF_TARGET_ESP32P4",)),
}
"""A core for each implementation of the library, and what its headers are told."""

FAMILIES = {
    "conv_2d": convolutions(),
    "depthwise_conv_2d": depthwise_convolutions(),
    "fully_connected": matrix_products(),
    "add": binary(ops.Add),
    "mul": binary(ops.Mul),
    "average_pool_2d": pool(ops.AveragePool2D),
    "max_pool_2d": pool(ops.MaxPool2D),
    "mean": mean(),
    "softmax": softmax(),
    "lookup": lookup(),
    "unary": unary(),
}
MODELS = ["mlperf_vww_int8", "mlperf_resnet8_int8", "mlperf_kws_int8", "mlperf_ad01_int8", "tflm_mnist_lstm_int8"]
ON_BOARDS = [(name, "host") for name in MODELS]
ON_BOARDS += [(name, "esp32c3") for name in (MODELS if FULL or "real" in LIBRARIES else MODELS[2:])]
ON_BOARDS += [("mlperf_kws_int8", "esp32p4")]
CASES = [("double", chip) for chip in CORES] + [("real", "C")] * ("real" in LIBRARIES)


def told(patch: pytest.MonkeyPatch, library_name: str, defines: tuple[str, ...]) -> None:
    """Point the environment to a library and tell its headers the chip."""
    patch.setenv(ESP_NN_DIR, str(LIBRARIES[library_name]))
    known = EspNn.dependency
    patch.setattr(EspNn, "dependency", dataclasses.replace(known, defines=(*known.defines, *defines)))


@pytest.mark.parametrize(("library_name", "chip"), CASES)
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=400 if FULL else 10, deadline=None)
@given(data=st.data())
def test_random_layers(library_name: str, chip: str, family: str, data: st.DataObject) -> None:
    op, x = data.draw(FAMILIES[family])
    arrays = x if isinstance(x, list) else [x]
    core, defines = CORES[chip]
    with pytest.MonkeyPatch.context() as patch:
        told(patch, library_name, defines)
        for candidate in EspNn().candidates(op, core):
            check_candidate(candidate, arrays)
        assert bool(EspNn().declines(op, core)) is not bool(EspNn().candidates(op, core))


QUANT = Quantization((0.05,), (3,))


def image(*shape: int) -> Tensor:
    return Tensor("x", shape, DType.INT8, QUANT)


def window(
    kind: type[ops.Conv2D | ops.DepthwiseConv2D],
    x: Tensor,
    outputs: int,
    kernel: tuple[int, int],
    *,
    stride: tuple[int, int] = (1, 1),
    pads: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0)),
) -> ops.Conv2D | ops.DepthwiseConv2D:
    """A convolution with random weights."""
    shape = (outputs, *kernel, x.shape[3]) if kind is ops.Conv2D else (1, *kernel, outputs)
    quant = Quantization((0.01,), (0,))
    w = Tensor("w", shape, DType.INT8, quant, np.random.default_rng(5).integers(-127, 128, shape).astype(np.int8))
    op = kind(
        inputs=[x, w, None],
        outputs=[x],
        activation=Activation.NONE,
        stride=stride,
        dilation=(1, 1),
        pad_h=pads[0],
        pad_w=pads[1],
    )
    op.outputs = [Tensor("y", op.infer_shapes()[0], DType.INT8, Quantization((8.0,), (-4,)))]
    return op


def same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """SAME padding of TFLite."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


@st.composite
def windows(draw: st.DrawFn) -> ops.Conv2D | ops.DepthwiseConv2D:
    """Layers of the shapes that a chip's functions tell apart."""
    h, w = draw(st.integers(3, 40)), draw(st.integers(3, 40))
    kernel = draw(st.sampled_from([(1, 1), (3, 3), (5, 5), (10, 4), (1, 3), (2, 2)]))
    kernel = (min(kernel[0], h), min(kernel[1], w))
    stride = draw(st.sampled_from([(1, 1), (2, 2), (1, 2)]))
    pads = draw(st.sampled_from([((0, 0), (0, 0)), ((1, 1), (1, 1)), ((0, 1), (0, 1)), None]))
    if pads is None or max(map(max, pads)) >= min(kernel):
        pads = same(h, kernel[0], stride[0]), same(w, kernel[1], stride[1])
    channels = draw(st.sampled_from([1, 2, 3, 4, 5, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64]))
    x = image(1, h, w, channels)
    if draw(st.booleans()):
        return window(ops.Conv2D, x, draw(st.sampled_from([1, 3, 8, 16, 30])), kernel, stride=stride, pads=pads)
    return window(
        ops.DepthwiseConv2D, x, channels * draw(st.sampled_from([1, 1, 1, 2, 4, 8])), kernel, stride=stride, pads=pads
    )


@pytest.mark.parametrize("chip", ["S3", "P4"])
@settings(max_examples=300 if FULL else 15, deadline=None)
@given(op=windows(), seed=st.integers(0, 2**32 - 1))
def test_buffers_and_addresses_of_a_chip(chip: str, op: ops.Conv2D | ops.DepthwiseConv2D, seed: int) -> None:
    core, defines = CORES[chip]
    x = np.random.default_rng(seed).integers(-128, 128, op.x.shape).astype(np.int8)
    with pytest.MonkeyPatch.context() as patch:
        told(patch, "double", defines)
        for candidate in EspNn().candidates(op, core):
            (call,) = candidate.calls
            assert call.scratch_align == call.inputs[0].align == call.outputs[0].align == 16
            check_candidate(candidate, [x])


class Rules:
    """The library's own functions that say how large a buffer is, taken out of its sources."""

    def __init__(self, folder: Path) -> None:
        sources = LIBRARIES["real"] / "src" / "convolution"
        names = {
            "conv_s3": ("esp_nn_conv_esp32s3.c", "esp_nn_get_conv_scratch_size_esp32s3"),
            "conv_p4": ("esp_nn_conv_esp32p4.c", "esp_nn_get_conv_scratch_size_esp32p4"),
            "depthwise_s3": ("esp_nn_depthwise_conv_s8_esp32s3.c", "esp_nn_get_depthwise_conv_scratch_size_esp32s3"),
        }
        texts = ["#include <stddef.h>", "#include <esp_nn_defs.h>", "#include <common_functions.h>"]
        texts.append("#define L1D_BUDGET 32768")
        for file, name in names.values():
            texts += re.findall(rf"^int {name}\(.*?^}}", (sources / file).read_text(), re.MULTILINE | re.DOTALL)
        (folder / "rules.c").write_text("\n".join(texts))
        flags = [f"-I{LIBRARIES['real'] / each}" for each in EspNn.dependency.includes]
        command = ["gcc", "-shared", "-fPIC", "-w", *flags, "rules.c", "-o", "rules.so"]
        subprocess.run(command, cwd=folder, check=True)
        library = ctypes.CDLL(str(folder / "rules.so"))
        self.ask = {key: getattr(library, name) for key, (_, name) in names.items()}

    def bytes_of(self, rule: str, op: ops.Conv2D | ops.DepthwiseConv2D) -> int:
        """What the library asks for."""
        (_, in_h, in_w, in_c), (_, out_h, out_w, out_c) = op.x.shape, op.y.shape
        dims = [(in_w, in_h, in_c, 1), (op.kernel[1], op.kernel[0], in_c, 1), (out_w, out_h, out_c, 1)]
        places = [op.stride[1], op.stride[0], op.pad_w[0], op.pad_h[0], 1, 1, -128, 127]
        params = [-3, 4, *([out_c // in_c] if isinstance(op, ops.DepthwiseConv2D) else []), *places]
        arrays = [(ctypes.c_int32 * len(each))(*each) for each in (*dims, params)]
        return int(self.ask[rule](*map(ctypes.byref, arrays)))


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    return Rules(tmp_path_factory.mktemp("rules"))


@pytest.mark.skipif("real" not in LIBRARIES, reason=f"set {ESP_NN_DIR} to the folder of ESP-NN")
@settings(max_examples=1000, deadline=None)
@given(op=windows())
def test_buffers_are_those_of_the_librarys_own_rules(rules: Rules, op: ops.Conv2D | ops.DepthwiseConv2D) -> None:
    found = {}
    try:
        g = geometry(op)
        if isinstance(op, ops.Conv2D):
            found = {"conv_s3": conv_bytes(g, 1, Chip.S3), "conv_p4": conv_bytes(g, 1, Chip.P4)}
        else:
            found = {"depthwise_s3": depthwise_bytes(g, zero_offset=False, chip=Chip.S3)}
    except Declined:
        return
    for rule, bytes_found in found.items():
        asked = rules.bytes_of(rule, op)
        short = rule == "depthwise_s3" and op.kernel == (3, 3) and op.x.shape[3] % 16 == 0
        assert bytes_found >= asked if short else bytes_found == asked


def generate(name: str, board: str, folder: Path) -> tuple[Path, Compiled]:
    options = Options(name="net", backend="esp-nn", force=True)
    compiled = compile_model(model_folder(name) / "model.tflite", find_board(board), options)
    write(compiled.files, folder / "net", force=False)
    return folder / "net", compiled


@pytest.mark.models
@pytest.mark.emulator
@pytest.mark.parametrize("library_name", LIBRARIES)
@pytest.mark.parametrize(("name", "board"), ON_BOARDS)
def test_models_are_exact(
    name: str, board: str, library_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P4: addresses and buffers of its vectors, by the library's plain C."""
    if board != "host":
        need("riscv64-unknown-elf-gcc", "qemu-system-riscv32")
    told(monkeypatch, library_name, CORES["P4"][1] if (board, library_name) == ("esp32p4", "double") else ())
    package, compiled = generate(name, board, tmp_path)
    layers = [layer.candidate for layer in compiled.program.layers if layer.candidate and layer.calls]
    assert sum(candidate.backend == "esp-nn" for candidate in layers) >= len(layers) // 2
    report = verify_model(package, "net", compiled.graph, find_board(board), model_folder(name) / "io.npz")
    assert report.passed, report.text()


@pytest.mark.models
@pytest.mark.emulator
@pytest.mark.skipif("real" not in LIBRARIES, reason=f"set {ESP_NN_DIR} to the folder of ESP-NN")
@pytest.mark.parametrize("name", MODELS)
def test_estimates_are_near_what_is_measured(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("riscv64-unknown-elf-gcc", "qemu-system-riscv32")
    told(monkeypatch, "real", ())
    package, compiled = generate(name, "esp32c3", tmp_path)
    bench = bench_model(package, "net", compiled.graph, compiled.program, find_board("esp32c3"))
    assert abs(compiled.program.instructions / bench.instructions - 1) < 0.1


@pytest.mark.models
def test_auto_takes_the_vectors_of_s3_and_our_own_c_elsewhere() -> None:
    used = {}
    for board in ("esp32", "esp32c3", "esp32s3"):
        options = Options(name="net", backend="auto", force=True)
        compiled = compile_model(model_folder("mlperf_resnet8_int8") / "model.tflite", find_board(board), options)
        layers = [layer.candidate for layer in compiled.program.layers if layer.candidate and layer.calls]
        used[board] = {candidate.backend for candidate in layers}
    assert used == {"esp32": {"portable"}, "esp32c3": {"portable"}, "esp32s3": {"esp-nn", "portable"}}


@pytest.mark.models
@pytest.mark.parametrize("name", MODELS)
def test_models_for_s3_are_exact_on_this_pc(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No emulator has its vectors: what is generated for it runs here, every address and buffer checked."""
    told(monkeypatch, "double", CORES["S3"][1])
    package, compiled = generate(name, "esp32s3", tmp_path)
    report = verify_model(package, "net", compiled.graph, find_board("host"), model_folder(name) / "io.npz")
    assert report.passed, report.text()


@pytest.mark.models
def test_manifests_name_the_library(tmp_path: Path) -> None:
    package, _ = generate("mlperf_kws_int8", "esp32s3", tmp_path)
    component, version = EspNn.dependency.esp_idf or ("", "")
    assert f'  {component}: "{version}"' in (package / "idf_component.yml").read_text()
    readme = (package / "README.md").read_text()
    for text in ("ESP-NN", EspNn.dependency.home, ESP_NN_DIR, component):
        assert text in readme
    assert not [path for path in package.rglob("*") if path.name == "esp_nn.h"]


@pytest.mark.models
def test_a_package_without_its_library_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ESP_NN_DIR, raising=False)
    package, _ = generate("mlperf_kws_int8", "esp32c3", tmp_path)
    with pytest.raises(GencError, match=ESP_NN_DIR):
        foreign_libraries(package)


@pytest.mark.models
@pytest.mark.parametrize("library_name", LIBRARIES)
def test_cmake_compiles_the_library_in_the_folder_given(library_name: str, tmp_path: Path) -> None:
    need("cmake")
    package, _ = generate("mlperf_kws_int8", "host", tmp_path)
    configure = ["cmake", "-S", str(package), "-B", str(tmp_path / "build")]
    bare = subprocess.run(configure, capture_output=True, text=True, check=False)
    assert bare.returncode != 0
    assert f"set {ESP_NN_DIR}" in bare.stderr
    subprocess.run([*configure, f"-D{ESP_NN_DIR}={LIBRARIES[library_name]}"], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", str(tmp_path / "build")], check=True, capture_output=True)
    done = subprocess.run([tmp_path / "build" / "net_print"], capture_output=True, text=True, check=True)
    assert "net" in done.stdout


@pytest.mark.parametrize("compiler", [*COMPILERS, "g++"])
def test_adapters_compile_without_a_warning(compiler: str, tmp_path: Path) -> None:
    command = COMPILERS.get(compiler, [compiler])
    need(command[0])
    folder = resource_dir("runtime_c") / "esp_nn"
    language = ["-std=c++17", "-x", "c++"] if compiler == "g++" else ["-std=c99"]
    flags = [*command[1:], *STRICT, *language, f"-I{folder}", "-isystem", str(DOUBLE / "include")]
    command = [command[0], *flags, "-c", *map(str, sorted(folder.glob("*.c")))]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


WRONG = {
    "more padding behind": (window(ops.Conv2D, image(1, 8, 8, 16), 8, (4, 4), pads=((1, 2), (1, 2))), Chip.S3),
    "where no word begins": (window(ops.Conv2D, image(1, 7, 7, 5), 8, (5, 5), pads=((2, 2), (2, 2))), Chip.S3),
    "more than a column": (window(ops.Conv2D, image(1, 8, 8, 16), 8, (3, 3), pads=((0, 2), (0, 2))), Chip.P4),
    "less than 16 numbers": (window(ops.Conv2D, image(1, 8, 8, 1), 8, (3, 3), pads=((1, 1), (1, 1))), Chip.P4),
    "more than 256 channels": (window(ops.DepthwiseConv2D, image(1, 4, 4, 264), 264, (3, 3)), Chip.P4),
}
"""Layers that a chip's functions compute wrongly, by what the reason says."""


@pytest.mark.parametrize("reason", WRONG)
def test_what_a_chip_computes_wrongly_is_declined_there_alone(reason: str) -> None:
    op, chip = WRONG[reason]
    assert reason in EspNn().declines(op, CORES[chip.name][0])
    assert EspNn().candidates(op, CORES["C"][0])


def operator(kind: type[Operator], inputs: list[Tensor], y: Tensor, **more: object) -> Operator:
    return kind(inputs=inputs, outputs=[y], activation=Activation.NONE, **more)  # type: ignore[call-arg]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("library_name", LIBRARIES)
def test_a_number_for_each_channel(library_name: str, swapped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, library_name, ())
    both = [image(1, 5, 6, 7), Tensor("s", (1, 1, 1, 7), DType.INT8, Quantization((0.02,), (-9,)))]
    arrays = [np.random.default_rng(3).integers(-128, 128, t.shape).astype(np.int8) for t in both]
    order = [1, 0] if swapped else [0, 1]
    y = Tensor("y", (1, 5, 6, 7), DType.INT8, Quantization((0.04,), (2,)))
    op = operator(ops.Mul, [both[i] for i in order], y)
    (candidate,) = EspNn().candidates(op, CORES["C"][0])
    assert candidate.calls[0].kernel == "genc_esp_mul_channels_s8"
    check_candidate(candidate, [arrays[i] for i in order])
