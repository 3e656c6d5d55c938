"""The generated C runs: self-test, descriptor, instances, hooks, and not a byte outside the instance."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

from codegen.ir import DType, Quantization, Tensor
from codegen.render import source_files
from codegen.render.library import describe
from tests.render.build import execute, run, save
from tests.render.programs import (
    ALL_TYPES,
    options,
    relu_golden,
    relu_program,
    state_program,
    wires,
    wires_golden,
)

SELFTEST = """
#include <stdio.h>
#include "{name}_selftest.h"
static {name}_t nn;
int main(void)
{{
    printf("%d", {name}_selftest(&nn));
    return 0;
}}
"""


def relu(name: str = "relu", in_place: bool = True) -> dict[str, str]:
    return source_files(describe(relu_program(in_place), options(name, relu_golden())))


@pytest.mark.parametrize("in_place", [False, True])
def test_the_selftest_passes(tmp_path: Path, in_place: bool) -> None:
    save(relu(in_place=in_place), tmp_path)
    assert execute(tmp_path, SELFTEST.format(name="relu")) == "0"


def test_the_selftest_counts_wrong_bytes(tmp_path: Path) -> None:
    inputs, (y,) = relu_golden()
    y = y.copy()
    y[0, :3] += 1
    save(source_files(describe(relu_program(), options("relu", (inputs, [y])))), tmp_path)
    assert execute(tmp_path, SELFTEST.format(name="relu")) == "3"


def test_outputs_that_are_inputs_of_every_type(tmp_path: Path) -> None:
    program = wires(*ALL_TYPES)
    save(source_files(describe(program, options("types", wires_golden(program)))), tmp_path)
    assert execute(tmp_path, SELFTEST.format(name="types")) == "0"


DESCRIPTOR = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "one.h"
#include "two.h"
static struct { uint8_t before[64]; one_t a; uint8_t between[64]; one_t b; uint8_t after[64]; } guarded;
static void fill(uint8_t *p, int8_t start)
{
    int i;
    for (i = 0; i < 32; i++) p[i] = (uint8_t)(start + i);
}
static int poisoned(const uint8_t *p)
{
    int i;
    for (i = 0; i < 64; i++) if (p[i] != 0xA5u) return 0;
    return 1;
}
int main(void)
{
    const genc_model *models[2];
    int i, j;
    models[0] = &one_model;
    models[1] = &two_model;
    for (i = 0; i < 2; i++) {
        const genc_model *m = models[i];
        void *nn = aligned_alloc(m->instance_align, m->instance_bytes);
        printf("%s %d %d %d ", m->name, (int)m->arena_bytes, (int)m->state_bytes, (int)m->layer_count);
        printf("%d ", (int)m->init(NULL));
        printf("%d ", (int)m->init((uint8_t *)nn + 1));
        printf("%d ", (int)m->init(nn));
        fill((uint8_t *)m->inputs[0].data(nn), -2);
        printf("%d", (int)m->run(nn));
        m->reset(nn);
        for (j = 0; j < 10; j++) printf(" %d", ((int8_t *)m->outputs[0].data(nn))[j]);
        for (j = 0; j < m->layer_count; j++) printf(" %s/%s", m->layers[j].op, m->layers[j].kernel);
        printf("\\n");
        free(nn);
    }
    memset(&guarded, 0xA5, sizeof guarded);
    one_init(&guarded.a);
    one_init(&guarded.b);
    fill((uint8_t *)one_input(&guarded.a), 0);
    fill((uint8_t *)one_input(&guarded.b), 40);
    one_run(&guarded.a);
    one_run(&guarded.b);
    printf("%d %d ", one_output(&guarded.a)[31], one_output(&guarded.b)[31]);
    printf("%d%d%d", poisoned(guarded.before), poisoned(guarded.between), poisoned(guarded.after));
    return 0;
}
"""


def test_two_models_two_instances_and_poisoned_neighbours(tmp_path: Path) -> None:
    save(relu("one"), tmp_path)
    save(relu("two", in_place=False), tmp_path)
    printed = execute(tmp_path, DESCRIPTOR, "-std=c11").splitlines()
    numbers = "5 5 5 5 5 5 5 5 6 7"
    assert printed == [
        f"one 32 0 2 -1 -1 0 0 {numbers} relu/one_lookup reshape/",
        f"two 64 0 2 -1 -1 0 0 {numbers} relu/two_lookup reshape/",
        "31 71 111",
    ]


def test_a_library_compiled_as_cpp_links(tmp_path: Path) -> None:
    save(relu(), tmp_path)
    (tmp_path / "main_program.c").write_text(SELFTEST.format(name="relu"))
    sources = sorted(tmp_path.glob("*.c"))
    run(["g++", "-x", "c++", "-std=c++17", "-o", tmp_path / "program", *sources])
    assert run([tmp_path / "program"]) == "0"


STATE = """
#include <stdio.h>
#include "net.h"
static net_t nn;
int main(void)
{
    int i, where, sum = 0;
    for (i = 0; i < 38; i++) nn.state_[i] = 1;
    net_reset(&nn);
    for (i = 0; i < 32; i++) sum += net_output(&nn)[i];
    printf("%d %d %d", (int)sizeof nn, (int)NET_STATE_BYTES, sum);
    for (i = 0; i < 3; i++) printf(" %d", ((int16_t *)(void *)nn.state_)[16 + i]);
    net_run(&nn);
    where = (int)((const uint8_t *)net_output(&nn) - (const uint8_t *)&nn);
    printf(" %d %d", net_output(&nn)[0], (int)net_layers[0].output_offset - where);
    return 0;
}
"""


def test_reset_gives_states_their_initial_values(tmp_path: Path) -> None:
    library = describe(state_program(), options("net"))
    save(source_files(library), tmp_path)
    assert execute(tmp_path, STATE) == f"64 38 {-3 * 32} 1 2 300 5 0"
    assert library.ram_bytes == 64


HOOKED = """
#include <stdio.h>
#include "relu.h"
static relu_t nn;
int main(void)
{
    relu_init(&nn);
    printf("%d", (int)relu_run(&nn));
    return 0;
}
"""


def test_a_hook_sees_the_layers_and_may_stop(tmp_path: Path) -> None:
    save(relu(), tmp_path)
    (tmp_path / "my.h").write_text(
        "#include <stdio.h>\n"
        '#define RELU_LAYER_BEGIN(nn, layer) printf("<%d ", layer)\n'
        '#define RELU_LAYER_END(nn, layer) do { printf("%d> ", layer); return GENC_ERR_ABORT; } while (0)\n'
    )
    printed = execute(tmp_path, HOOKED, '-DRELU_CONFIG="my.h"', f"-I{tmp_path}", "-Wno-unreachable-code")
    assert printed == "<0 0> -2"


def test_weights_go_where_the_user_says(tmp_path: Path) -> None:
    save(relu(), tmp_path)
    run(
        ["gcc", "-std=c99", "-c", '-DRELU_WEIGHTS_ATTR=__attribute__((section(".fast_rodata")))', "relu_weights.c"],
        cwd=tmp_path,
    )
    assert ".fast_rodata" in run(["objdump", "-h", "relu_weights.o"], cwd=tmp_path)


def test_the_descriptor_costs_nothing_unless_it_is_used(tmp_path: Path) -> None:
    save(relu(), tmp_path)
    (tmp_path / "main_program.c").write_text(HOOKED)
    sources = sorted(tmp_path.glob("*.c"))
    run(["gcc", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-o", tmp_path / "program", *sources])
    symbols = run(["nm", tmp_path / "program"])
    assert "relu_run" in symbols
    for dropped in ("relu_model", "relu_layers", "relu_golden", "relu_selftest"):
        assert dropped not in symbols


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point"),
    [(DType.INT8, 0.0078125, -1), (DType.INT8, 1 / 3, 127), (DType.UINT8, 0.02, 200), (DType.INT16, 0.001, 0)],
)
def test_the_helpers_agree_with_tflite_and_never_overflow(
    tmp_path: Path, dtype: DType, scale: float, zero_point: int
) -> None:
    scale = float(np.float32(scale))
    program = wires(Tensor("x", (4,), dtype, Quantization((scale,), (zero_point,))))
    save(source_files(describe(program, options("q"))), tmp_path)
    (tmp_path / "shim.c").write_text(
        '#include "q.h"\n'
        "void both(const float *x, int32_t *q, float *y, int n);\n"
        "void both(const float *x, int32_t *q, float *y, int n)\n"
        "{\n    int i;\n    for (i = 0; i < n; i++) {\n        q[i] = q_quantize(x[i]);\n"
        "        y[i] = q_dequantize((q_output_t)q[i]);\n    }\n}\n"
    )
    flags = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", "-fno-sanitize-recover=all"]
    run(["gcc", "-std=c99", "-shared", "-fPIC", *flags, "-o", tmp_path / "q.so", *sorted(tmp_path.glob("*.c"))])
    steps = np.arange(-300, 300, dtype=np.float32)
    ties = np.concatenate([steps, steps + np.float32(0.5), np.nextafter(steps + np.float32(0.5), np.float32(0))])
    extremes = np.array([np.inf, -np.inf, 3e38, -3e38, 0.0, -0.0, 1e-40], np.float32)
    x = np.concatenate([(ties * np.float32(scale)).astype(np.float32), extremes])
    low, high = dtype.limits
    with np.errstate(over="ignore"):
        ratio = x / np.float32(scale)
    nearest = np.where(ratio < 0, np.ceil(ratio.astype(np.float64) - 0.5), np.floor(ratio.astype(np.float64) + 0.5))
    expected = np.clip(nearest + zero_point, low, high).astype(np.int32)
    q, y = np.empty(x.size, np.int32), np.empty(x.size, np.float32)
    pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in (x, q, y)]
    ctypes.CDLL(str(tmp_path / "q.so")).both(*pointers, x.size)
    np.testing.assert_array_equal(q, expected)
    np.testing.assert_array_equal(y, np.float32(scale) * (expected - zero_point).astype(np.float32))
