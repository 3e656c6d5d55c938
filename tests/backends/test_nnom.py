"""The back-end nnom: every generated call against the double, and against NNoM itself where it is given."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.nnom import Nnom
from codegen.backends.nnom.operators import NnomLayer
from codegen.boards import find_board
from codegen.compiler import Compiled, Options, compile_model
from codegen.errors import GencError
from codegen.ir import Graph, Operator, Quantization
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from codegen.quantize import Calibration
from codegen.reference import evaluate, run
from codegen.render.writer import write
from codegen.resources import resource_dir
from codegen.verify import verify_model
from tests.conftest import FULL
from tests.kernels.test_compile import COMPILERS, STRICT
from tests.quantize.test_networks import network
from tests.support.kernel_harness import check_candidate
from tests.support.models import model_folder
from tests.support.nnom import DOUBLE, LIBRARIES, NNOM_DIR
from tests.support.nnom.network import PORT, small_network
from tests.support.power_operators import Case, moved, pairs, pooled, weighted
from tests.support.tools import need

CORE = Core("cortex-m4", frozenset({"dsp"}))
FAMILIES = {"weighted": weighted(), "pooled": pooled(), "pairs": pairs(), "moved": moved()}


def adopted(op: Operator, *, exact: bool = False) -> Operator:
    """What becomes of an operator in a graph of its own."""
    graph = Graph("test", list(op.activations), list(op.outputs), [op])
    return Nnom().adopt(graph, exact=exact).operators[0]


@pytest.mark.parametrize("library_name", LIBRARIES)
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=600 if FULL else 30, deadline=None)
@given(data=st.data())
def test_random_layers(library_name: str, family: str, data: st.DataObject) -> None:
    op, inputs = data.draw(FAMILIES[family])
    layer = adopted(op)
    assert isinstance(layer, NnomLayer), Nnom().declines(op, CORE)
    (candidate,) = Nnom().candidates(layer, CORE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(NNOM_DIR, str(LIBRARIES[library_name]))
        check_candidate(candidate, inputs)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=1000 if FULL else 100, deadline=None)
@given(data=st.data())
def test_a_layer_differs_from_tflite_by_one_unit_where_it_says_so_and_nowhere_else(
    family: str, data: st.DataObject
) -> None:
    op, inputs = data.draw(FAMILIES[family])
    layer = adopted(op)
    assert isinstance(layer, NnomLayer)
    given_ = iter(inputs)
    tflite = evaluate(op, [t if t is None else t.data if t.is_constant else next(given_) for t in op.inputs])[0]
    off = np.abs(tflite.astype(int) - layer.evaluate(inputs)[0].astype(int)).max(initial=0)
    assert off <= (1 if layer.plan.differs else 0)
    taken = isinstance(adopted(op, exact=True), NnomLayer)
    assert taken == (not layer.plan.differs)
    assert taken or "--exact" in Nnom().declines(op, CORE)


@settings(max_examples=20, deadline=None)
@given(weighted())
def test_other_scales_are_refused_layer_by_layer(case: Case) -> None:
    op, _ = case
    op.x.quant, op.y.quant = Quantization((0.05,), (0,)), Quantization((0.5,), (3,))
    with pytest.raises(GencError) as raised:
        adopted(op)
    (problem,) = raised.value.problems
    assert "its input has scale 0.05, which is no power of two" in problem.reason
    assert "its output has zero point 3" in problem.reason
    assert "leave out --backend nnom" in raised.value.cure


@settings(max_examples=20, deadline=None)
@given(weighted().filter(lambda case: case[0].inputs[2] is not None))
def test_biases_of_more_than_8_bits_and_a_shift_are_ours(case: Case) -> None:
    op, _ = case
    bias = op.operand(2)
    bias.data = np.full(bias.shape, 1001, np.int32)
    assert not isinstance(adopted(op), NnomLayer)
    assert "1,001" in Nnom().declines(op, CORE)


def small_model(folder: Path, seed: int, board: str = "host", *, exact: bool = False) -> tuple[Path, Compiled]:
    model = folder / "net.tflite"
    model.write_bytes(small_network(seed)[0])
    options = Options(name="net", backend="nnom", exact=exact)
    compiled = compile_model(model, find_board(board), options)
    write(compiled.files, folder / "net", force=False)
    return folder / "net", compiled


@pytest.mark.emulator
@pytest.mark.parametrize("library_name", LIBRARIES)
@pytest.mark.parametrize("board", ["host", "stm32f4"])
def test_a_small_model_runs(library_name: str, board: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NNOM_DIR, str(LIBRARIES[library_name]))
    if board != "host":
        need("arm-none-eabi-gcc", "qemu-system-arm")
    package, compiled = small_model(tmp_path, 1, board)
    by_nnom = [layer.op.kind for layer in compiled.program.layers if layer.op.kind == "nnom_layer"]
    assert len(by_nnom) == 10
    report = verify_model(package, "net", compiled.graph, find_board(board))
    assert report.passed, report.text()


@pytest.mark.skipif("real" not in LIBRARIES, reason=f"set {NNOM_DIR} to the folder of NNoM")
@pytest.mark.parametrize("seed", range(20 if FULL else 4))
def test_a_small_model_equals_the_result_of_nnoms_own_run_time(seed: int, tmp_path: Path) -> None:
    _, program, shape = small_network(seed)
    real = LIBRARIES["real"]
    (tmp_path / "port").mkdir()
    (tmp_path / "port" / "nnom_port.h").write_text(PORT)
    (tmp_path / "main.c").write_text(program)
    sources = [str(path) for path in sorted((real / "src").rglob("*.c"))]
    command = ["gcc", "-w", "-O1", f"-I{tmp_path / 'port'}", f"-I{real / 'inc'}", str(tmp_path / "main.c"), *sources]
    subprocess.run([*command, "-lm", "-o", str(tmp_path / "nnom")], check=True)
    inputs = np.random.default_rng(seed + 100).integers(-128, 128, (20, *shape), np.int8)
    done = subprocess.run([tmp_path / "nnom"], input=inputs.tobytes(), capture_output=True, check=True)
    want = np.frombuffer(done.stdout, np.int8).reshape(20, -1)
    _, compiled = small_model(tmp_path, seed)
    graph = compiled.graph
    got = np.stack([run(graph, [x])[graph.outputs[0]].ravel() for x in inputs])
    assert len(np.unique(want)) > 40
    np.testing.assert_array_equal(got, want)


def test_exact_leaves_to_nnom_what_is_proved(tmp_path: Path) -> None:
    _, compiled = small_model(tmp_path, 2, exact=True)
    kinds = [layer.op.kind for layer in compiled.program.layers]
    assert 0 < kinds.count("nnom_layer") < 10


@pytest.mark.models
def test_a_model_of_other_scales_is_refused_with_the_way_out() -> None:
    path = model_folder("mlperf_kws_int8") / "model.tflite"
    with pytest.raises(GencError) as raised:
        compile_model(path, find_board("host"), Options(backend="nnom"))
    assert len(raised.value.problems) == 10
    assert "--calibrate DATA" in raised.value.cure


@pytest.mark.parametrize("seed", range(100 if FULL else 4))
def test_float_models_are_quantised_for_it(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NNOM_DIR, str(DOUBLE))
    model, samples, _ = network(seed, tmp_path)
    onnx.save(model, tmp_path / "net.onnx")
    options = Options(name="net", backend="nnom", calibration=Calibration(samples))
    try:
        compiled = compile_model(tmp_path / "net.onnx", find_board("host"), options)
    except GencError as error:
        pytest.skip(f"a layer stays float: {error}")
    plain_ = [op for op in compiled.graph.operators if isinstance(op, Conv2D | DepthwiseConv2D | FullyConnected)]
    reasons = [Nnom().declines(op, CORE) for op in plain_]
    assert all("groups" in why or "shifts to the right only" in why for why in reasons), reasons
    write(compiled.files, tmp_path / "net", force=False)
    report = verify_model(tmp_path / "net", "net", compiled.graph, find_board("host"))
    assert report.passed, report.text()


@pytest.mark.parametrize("compiler", COMPILERS)
def test_adapters_compile_without_a_warning(compiler: str, tmp_path: Path) -> None:
    command = COMPILERS[compiler]
    need(command[0])
    folder = resource_dir("runtime_c") / "nnom"
    includes = ["-isystem", str(DOUBLE / "inc"), "-isystem", str(DOUBLE / "port")]
    flags = [*command[1:], *STRICT, "-std=c99", f"-I{folder}", *includes]
    command = [command[0], *flags, "-c", *map(str, sorted(folder.glob("*.c")))]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_cmake_takes_the_library_from_the_folder_given(tmp_path: Path) -> None:
    need("cmake")
    package, _ = small_model(tmp_path, 3)
    readme = (package / "README.md").read_text()
    assert NNOM_DIR in readme
    assert "0.4.3" in readme
    configure = ["cmake", "-S", str(package), "-B", str(tmp_path / "build")]
    bare = subprocess.run(configure, capture_output=True, text=True, check=False)
    assert bare.returncode != 0
    assert f"set {NNOM_DIR}" in bare.stderr
    subprocess.run([*configure, f"-D{NNOM_DIR}={DOUBLE}"], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", str(tmp_path / "build")], check=True, capture_output=True)
    done = subprocess.run([tmp_path / "build" / "net_print"], capture_output=True, text=True, check=True)
    assert "net" in done.stdout
