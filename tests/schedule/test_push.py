"""Input that arrives frame by frame: LSTMs, convolutions over time, inputs that are reshaped or transposed first."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from codegen.boards import find_board
from codegen.compiler import Compiled, Options, compile_model
from codegen.errors import GencError
from codegen.ir import ops
from codegen.render.writer import write
from codegen.schedule import Goal
from codegen.schedule.program import Push
from codegen.verify import verify_model
from tests.support.graphs import activation
from tests.support.models import model_folder
from tests.support.tflite_writer import ModelWriter

STEPS, CHANNELS = 24, 4
PUSHED = Goal(input_rows=True)


def sequence_model(first: str) -> bytes:
    """Two convolutions over time behind an operator that rearranges the input, if there is one."""
    rng = np.random.default_rng(5)
    w = ModelWriter()
    frames, image = [1, STEPS, CHANNELS], [1, 1, STEPS, CHANNELS]
    given = {"flat": [1, STEPS * CHANNELS], "channels first": [1, CHANNELS, STEPS]}.get(first, frames)
    source = value = w.tensor("signal", given, scale=0.1, zero_point=3)
    if first == "flat":
        value = w.tensor("frames", frames, scale=0.1, zero_point=3)
        w.operator("RESHAPE", [source, w.tensor("s", [3], "int32", data=frames)], [value], new_shape=frames)
    if first == "channels first":
        value = w.tensor("frames", frames, scale=0.1, zero_point=3)
        w.operator("TRANSPOSE", [source, w.tensor("p", [3], "int32", data=[0, 2, 1])], [value])
    x = w.tensor("image", image, scale=0.1, zero_point=3)
    w.operator("RESHAPE", [value, w.tensor("i", [4], "int32", data=image)], [x], new_shape=image)
    for number, steps in enumerate((STEPS // 2, STEPS // 4)):
        filters = rng.integers(-127, 128, (CHANNELS, 1, 3, CHANNELS))
        f = w.tensor(f"f{number}", filters.shape, scale=[0.02] * CHANNELS, axis=0, data=filters)
        b = w.tensor(f"b{number}", [CHANNELS], "int32", scale=[0.002] * CHANNELS, axis=0, data=[5, -9, 100, 0])
        y = w.tensor(f"y{number}", [1, 1, steps, CHANNELS], scale=0.1, zero_point=-4)
        w.operator("CONV_2D", [x, f, b], [y], padding="SAME", stride_h=1, stride_w=2)
        x = y
    return w.build([source], [x])


def compiled(first: str, folder: Path) -> Compiled:
    path = folder / "net.tflite"
    path.write_bytes(sequence_model(first))
    return compile_model(path, find_board("esp32c3"), Options(name="net", goal=PUSHED))


def check(made: Compiled, folder: Path, board: str) -> None:
    write(made.files, folder / "net", force=False)
    report = verify_model(folder / "net", "net", made.graph, find_board(board), push=made.program.push)
    assert report.passed, report.text()


@pytest.mark.parametrize("first", ["nothing", "flat", "channels first"])
def test_sequences_arrive_frame_by_frame(first: str, tmp_path: Path) -> None:
    made = compiled(first, tmp_path)
    push = made.program.push
    assert push is not None
    assert (push.rows, push.row_bytes, push.held) == (STEPS, CHANNELS, 3)
    header = made.files["src/net.h"]
    assert "genc_status net_push_frame(net_t *nn, const net_input_t *frame);" in header
    assert f"#define NET_FRAMES      {STEPS} " in header
    assert f"NET_INPUT_SHAPE      {{{', '.join(map(str, made.graph.inputs[0].shape))}}}" in header
    assert ("in this order of the input's axes" in header) == (first == "channels first")
    check(made, tmp_path, "host")


@pytest.mark.parametrize("example", ["print", "profile"])
def test_the_examples_push(example: str, tmp_path: Path) -> None:
    made = compiled("channels first", tmp_path)
    write(made.files, tmp_path / "net", force=False)
    library = [p for p in (tmp_path / "net/src").glob("*.c") if example == "print" or p.name != "net.c"]
    sources = [*library, tmp_path / f"net/examples/{example}/main.c"]
    flags = ["-std=gnu99", "-Wall", "-Wextra", "-Werror", f"-I{tmp_path / 'net/src'}"]
    subprocess.run(["cc", *flags, *map(str, sources), "-lm", "-o", str(tmp_path / example)], check=True)
    done = subprocess.run([str(tmp_path / example)], capture_output=True, text=True, check=True)
    assert ("self-test passed" in done.stdout) == (example == "print")


@pytest.mark.models
@pytest.mark.parametrize("board", ["host", "stm32f4"])
@pytest.mark.parametrize("name", ["tflm_mnist_lstm_int8", "tflm_mnist_lstm_f32", "tflm_micro_speech_int8"])
def test_recurrent_models_and_flat_spectrograms(name: str, board: str, tmp_path: Path) -> None:
    path = model_folder(name) / "model.tflite"
    made = compile_model(path, find_board("esp32c3"), Options(name="net", goal=PUSHED))
    push = made.program.push
    assert push is not None
    assert push.held * push.row_bytes * 4 < made.graph.inputs[0].bytes
    check(made, tmp_path, board)


def test_a_dense_layer_first_is_refused(tmp_path: Path) -> None:
    w = ModelWriter()
    x = w.tensor("x", [1, 8], scale=0.1, zero_point=0)
    f = w.tensor("f", [4, 8], scale=0.1, zero_point=0, data=np.ones((4, 8), np.int8))
    y = w.tensor("y", [1, 4], scale=0.1, zero_point=0)
    w.operator("FULLY_CONNECTED", [x, f], [y])
    path = tmp_path / "dense.tflite"
    path.write_bytes(w.build([x], [y]))
    with pytest.raises(GencError, match="does not read it by rows"):
        compile_model(path, find_board("host"), Options(goal=PUSHED))


def test_the_order_of_axes_is_that_of_the_elements() -> None:
    x, y = activation("x", 1, 3, 2, 5), activation("y", 1, 2, 5, 3)
    transposed = Push(y, 2, 15, 2, (ops.Transpose(inputs=[x], outputs=[y], perm=(0, 2, 3, 1)),))
    assert transposed.order == (2, 3, 1)
    assert Push(x, 3, 10, 2).order == (1, 2, 3)
    values = np.arange(30).reshape(x.shape)
    np.testing.assert_array_equal(transposed.arranged(values), values.transpose(0, 2, 3, 1))
