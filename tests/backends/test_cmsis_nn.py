"""The back-end cmsis-nn: every generated call against the double, and against the library itself where it is given."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.cmsis_nn import CmsisNn
from codegen.backends.two_roundings import equal_factor
from codegen.boards import find_board
from codegen.compiler import Compiled, Options, compile_model
from codegen.errors import GencError
from codegen.ir import Activation, Array, DType, Operator, Quantization, Tensor
from codegen.ir.ops import DepthwiseConv2D
from codegen.reference.fixed_point import multiply_double_rounding, quantize_multiplier
from codegen.render.writer import write
from codegen.resources import resource_dir
from codegen.verify import verify_model
from codegen.verify.bench import bench_model
from codegen.verify.foreign import foreign_libraries
from tests.conftest import FULL
from tests.kernels.test_compile import COMPILERS, STRICT
from tests.kernels.test_int16 import int16_case
from tests.support import plain_operators
from tests.support.cmsis_nn import CMSIS_NN_DIR, DOUBLE, LIBRARIES
from tests.support.kernel_harness import check_candidate
from tests.support.linear_operators import convolutions, depthwise_convolutions, four_bits, matrix_products
from tests.support.models import model_folder
from tests.support.odd_network import nibble_network, odd_network
from tests.support.tools import need
from tests.support.typed_layers import int16

PLAIN = Core("cortex-m0plus")
FAMILIES = {
    "conv_2d": convolutions(),
    "depthwise_conv_2d": depthwise_convolutions(),
    "fully_connected": matrix_products(),
    "conv_2d by 4 bits": convolutions().map(four_bits),
    "depthwise_conv_2d by 4 bits": depthwise_convolutions().map(four_bits),
    "fully_connected by 4 bits": matrix_products().map(four_bits),
    "conv_2d of int16": int16(convolutions()),
    "depthwise_conv_2d of int16": int16(depthwise_convolutions()),
}
MOST = {
    "mlperf_vww_int8": (24_101_557, 100_708),
    "mlperf_resnet8_int8": (29_861_455, 54_996),
    "mlperf_kws_int8": (7_697_788, 22_820),
    "mlperf_ad01_int8": (582_870, 2_580),
    "tflm_mnist_lstm_int8": (573_952, 2_903),
}
"""Instructions of TFLM with the same library on Cortex-M4, and bytes of its arena."""


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment says where the library is."""
    monkeypatch.setenv(CMSIS_NN_DIR, str(LIBRARIES[request.param]))


@pytest.mark.parametrize("library_name", LIBRARIES)
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=600 if FULL else 40, deadline=None)
@given(data=st.data())
def test_random_layers(library_name: str, family: str, data: st.DataObject) -> None:
    op, x = data.draw(FAMILIES[family])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CMSIS_NN_DIR, str(LIBRARIES[library_name]))
        for candidate in CmsisNn().candidates(op, PLAIN):
            check_candidate(candidate, [x])


@settings(max_examples=5, deadline=None)
@given(int16(matrix_products()))
def test_matrix_products_of_int16_are_declined_in_words(case: tuple[Operator, Array]) -> None:
    assert not CmsisNn().candidates(case[0], PLAIN)
    assert "TFLite scales it in double" in CmsisNn().declines(case[0], PLAIN)


PLAIN_FAMILIES = ["average_pool_2d", "max_pool_2d", "add", "mul", "maximum", "minimum", "softmax", "same_operand"]


@pytest.mark.parametrize("library_name", LIBRARIES)
@pytest.mark.parametrize("family", PLAIN_FAMILIES)
@settings(max_examples=300 if FULL else 15, deadline=None)
@given(data=st.data())
def test_random_layers_without_weights(library_name: str, family: str, data: st.DataObject) -> None:
    wide = family not in ("same_operand", "softmax") and data.draw(st.booleans())
    op, arrays = int16_case(data.draw, family) if wide else data.draw(plain_operators.FAMILIES[family])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CMSIS_NN_DIR, str(LIBRARIES[library_name]))
        for candidate in CmsisNn().candidates(op, PLAIN):
            check_candidate(candidate, arrays)


@settings(max_examples=300 if FULL else 20, deadline=None)
@given(convolutions())
def test_patches_fill_words_up_for_dsp(case: tuple[Operator, Array]) -> None:
    op, x = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CMSIS_NN_DIR, str(DOUBLE))
        for candidate in CmsisNn().candidates(op, Core("cortex-m4", frozenset({"dsp"}))):
            if candidate.calls[0].kernel == "genc_cmsis_conv_patches_s8":
                check_candidate(candidate, [x])


@pytest.mark.parametrize(
    ("pad_h", "pad_w", "kernel"),
    [
        ((1, 1), (0, 0), "genc_cmsis_depthwise_opt_s8"),
        ((2, 0), (0, 0), ""),
        ((0, 2), (0, 0), ""),
        ((0, 0), (2, 0), ""),
        ((0, 0), (0, 2), ""),
    ],
)
def test_windows_beside_the_image_are_declined(pad_h: tuple[int, int], pad_w: tuple[int, int], kernel: str) -> None:
    quant = Quantization((0.05,), (0,))
    x = Tensor("x", (1, 4, 4, 8), DType.INT8, quant)
    w = Tensor("w", (1, 2, 2, 8), DType.INT8, quant, np.full((1, 2, 2, 8), 9, np.int8))
    op = DepthwiseConv2D(
        inputs=[x, w, None],
        outputs=[x],
        activation=Activation.NONE,
        stride=(1, 1),
        dilation=(1, 1),
        pad_h=pad_h,
        pad_w=pad_w,
    )
    op.outputs = [Tensor("y", op.infer_shapes()[0], DType.INT8, quant)]
    core = Core("cortex-m4", frozenset({"dsp"}))
    assert {c.calls[0].kernel for c in CmsisNn().candidates(op, core)} == ({kernel} if kernel else set())
    assert ("beside the image" in CmsisNn().declines(op, core)) is not bool(kernel)


@settings(max_examples=1000 if FULL else 100, deadline=None)
@given(st.floats(-14, -1), st.integers(-128, 127), st.floats(0.1, 2), st.integers(0, 2**32 - 1))
def test_two_roundings_like_one(octave: float, zero: int, part: float, seed: int) -> None:
    multiplier, shift = quantize_multiplier(2.0**octave)
    reach = min(2**29, int(300 * part / 2.0**octave) + 1)
    low, high = -128 - zero, 127 - zero
    found = equal_factor(multiplier, shift, (-reach, reach), (low, high))
    if found is None:
        return
    sums = np.random.default_rng(seed).integers(-reach, reach + 1, 20_000)
    ties = ((2 * np.arange(low, high + 2, dtype=np.int64) - 1) << (30 - shift)) // multiplier
    sums = np.concatenate([sums, *(np.clip(ties + step, -reach, reach) for step in (-1, 0, 1, 2))])
    once = (sums * multiplier + (1 << (30 - shift))) >> (31 - shift)
    twice = multiply_double_rounding(sums + found[2], found[0], found[1])
    np.testing.assert_array_equal(np.clip(twice, low, high), np.clip(once, low, high))


def test_a_factor_is_found_for_most_outputs_of_rectified_layers() -> None:
    octaves = np.linspace(-12, -4, 50)
    found = [equal_factor(*quantize_multiplier(2.0**o), (-(2**16), 2**16), (0, 255)) for o in octaves]
    assert sum(each is not None for each in found) >= 45


def generate(name: str, board: str, folder: Path) -> tuple[Path, Compiled]:
    options = Options(name="net", backend="cmsis-nn", force=True)
    compiled = compile_model(model_folder(name) / "model.tflite", find_board(board), options)
    write(compiled.files, folder / "net", force=False)
    return folder / "net", compiled


@pytest.mark.models
@pytest.mark.emulator
@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("board", ["stm32g0", "stm32f4", "stm32n6"])
@pytest.mark.parametrize("name", MOST)
def test_models_are_exact_on_every_core(name: str, board: str, tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "qemu-system-arm")
    package, compiled = generate(name, board, tmp_path)
    layers = [layer.candidate for layer in compiled.program.layers if layer.candidate]
    assert sum(candidate.backend == "cmsis-nn" for candidate in layers) >= len(layers) // 2
    io = model_folder(name) / "io.npz"
    report = verify_model(package, "net", compiled.graph, find_board(board), io)
    assert report.passed, report.text()


@pytest.mark.models
@pytest.mark.emulator
@pytest.mark.skipif("real" not in LIBRARIES, reason=f"set {CMSIS_NN_DIR} to the folder of CMSIS-NN")
@pytest.mark.parametrize("name", MOST)
def test_fewer_instructions_than_with_an_interpreter(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CMSIS_NN_DIR, str(LIBRARIES["real"]))
    package, compiled = generate(name, "stm32f4", tmp_path)
    io = model_folder(name) / "io.npz"
    bench = bench_model(package, "net", compiled.graph, compiled.program, find_board("stm32f4"), io=io)
    assert bench.instructions <= MOST[name][0]
    assert bench.ram_bytes <= 0.7 * MOST[name][1]
    assert abs(bench.instructions / compiled.program.instructions - 1) < 0.1  # what `auto` decides by


@pytest.mark.emulator
@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("board", ["stm32g0", "stm32f4", "stm32n6"])
@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_odd_layers_are_exact_on_every_core(dtype: str, board: str, tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "qemu-system-arm")
    (tmp_path / "odd.tflite").write_bytes(odd_network(dtype))
    options = Options(name="net", backend="cmsis-nn", force=True)
    compiled = compile_model(tmp_path / "odd.tflite", find_board(board), options)
    write(compiled.files, tmp_path / "net", force=False)
    assert all(layer.candidate.backend == "cmsis-nn" for layer in compiled.program.layers if layer.candidate)
    report = verify_model(tmp_path / "net", "net", compiled.graph, find_board(board), None)
    assert report.passed, report.text()


@pytest.mark.emulator
@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("board", ["stm32g0", "stm32f4", "stm32n6"])
@pytest.mark.parametrize("seed", range(30 if FULL else 2))
def test_weights_of_four_bits_are_exact_on_every_core(seed: int, board: str, tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "qemu-system-arm")
    (tmp_path / "nibbles.tflite").write_bytes(nibble_network(seed))
    options = Options(name="net", backend="cmsis-nn", force=True)
    compiled = compile_model(tmp_path / "nibbles.tflite", find_board(board), options)
    write(compiled.files, tmp_path / "net", force=False)
    called = [call.kernel for layer in compiled.program.layers if layer.candidate for call in layer.candidate.calls]
    assert "genc_cmsis_fully_connected_s4" in called
    assert {"genc_cmsis_conv_s4", "genc_cmsis_depthwise_s4"} <= set(called)
    report = verify_model(tmp_path / "net", "net", compiled.graph, find_board(board), None)
    assert report.passed, report.text()


@pytest.mark.parametrize("compiler", [*COMPILERS, "g++"])
def test_adapters_compile_without_a_warning(compiler: str, tmp_path: Path) -> None:
    command = COMPILERS.get(compiler, [compiler])
    need(command[0])
    runtime = resource_dir("runtime_c")
    folders = [runtime / "cmsis_nn", *sorted(each for each in runtime.rglob("*") if each.is_dir())]
    sources = sorted(folders[0].glob("*.c"))
    language = ["-std=c++17", "-x", "c++"] if compiler == "g++" else ["-std=c99"]
    includes = [*(f"-I{folder}" for folder in folders), "-isystem", str(DOUBLE / "Include")]
    flags = [*command[1:], *STRICT, *language, *includes]
    command = [command[0], *flags, "-c", *map(str, sources)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.models
def test_a_package_without_its_library_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CMSIS_NN_DIR, raising=False)
    package, _ = generate("mlperf_kws_int8", "stm32f4", tmp_path)
    with pytest.raises(GencError, match=CMSIS_NN_DIR):
        foreign_libraries(package)


@pytest.mark.models
def test_cmake_takes_the_library_from_the_folder_given(tmp_path: Path) -> None:
    need("cmake")
    package, _ = generate("mlperf_kws_int8", "host", tmp_path)
    stand_in = tmp_path / "cmsis"
    stand_in.mkdir()
    (stand_in / "CMakeLists.txt").write_text(
        f"file(GLOB sources {DOUBLE}/Source/*.c)\n"
        "add_library(cmsis-nn STATIC ${sources})\n"
        f"target_include_directories(cmsis-nn PUBLIC {DOUBLE}/Include)\n"
    )
    configure = ["cmake", "-S", str(package), "-B", str(tmp_path / "build")]
    bare = subprocess.run(configure, capture_output=True, text=True, check=False)
    assert bare.returncode != 0
    assert f"set {CMSIS_NN_DIR}" in bare.stderr
    subprocess.run([*configure, f"-D{CMSIS_NN_DIR}={stand_in}"], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", str(tmp_path / "build")], check=True, capture_output=True)
    done = subprocess.run([tmp_path / "build" / "net_print"], capture_output=True, text=True, check=True)
    assert "net" in done.stdout
