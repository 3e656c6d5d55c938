"""Loops whose number of turns is known, against onnxruntime; others are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx.parser
import onnxruntime
import pytest

from codegen.errors import GencError
from codegen.frontends import load_model
from codegen.reference import Session

HEADER = '<ir_version: 8, opset_import: ["": 17]> loops'
SCAN = """(float[2,3] h, float[5,2,3] x) => (float[2,3] last, float y) {
    w = Constant <value = float[3,3] {0.1, 0.2, 0.3, -0.4, 0.5, 0.6, 0.7, -0.8, 0.9}> ()
    last, y = Scan <num_scan_inputs = 1, SETTINGS, body = turn (float[2,3] before, float[2,3] part)
        => (float[2,3] after, float[2,3] out) {
            p = MatMul(part, w)
            s = Add(p, before)
            after = Tanh(s)
            out = Sub(after, part)
        }> (h, x)
}"""
LOOP = """(float[2,3] x) => (float[2,3] last, float y) {
    most = Constant <value = int64 {MOST}> ()
    go = Constant <value = bool {1}> ()
    last, y = Loop <body = turn (int64 i, bool c, float[2,3] before)
        => (bool on, float[2,3] after, float[2,3] out) {
            end = Constant <value = int64 {2}> ()
            CONDITION
            f = Cast <to = 1> (i)
            after = Add(before, f)
            out = Mul(after, before)
        }> (most, go, x)
}"""
NO_LIMIT = LOOP.replace("(most, go, x)", "(, , x)")

ACCEPTED = {
    "scan": SCAN.replace("SETTINGS", "scan_output_axes = [0]"),
    "scan backward": SCAN.replace("SETTINGS", "scan_input_directions = [1], scan_output_directions = [1]"),
    "scan along another axis": SCAN.replace("SETTINGS", "scan_input_axes = [0], scan_output_axes = [-1]"),
    "loop": LOOP.replace("MOST", "4").replace("CONDITION", "on = Identity(c)"),
    "loop that ends itself": LOOP.replace("MOST", "9").replace("CONDITION", "on = Less(i, end)"),
}

REFUSED = {
    "no end": (NO_LIMIT.replace("MOST", "1").replace("CONDITION", "on = Identity(c)"), "it has no end"),
    "too long": (LOOP.replace("MOST", "100000").replace("CONDITION", "on = Identity(c)"), "100000 turns; at most 256"),
    "no turns": (LOOP.replace("MOST", "0").replace("CONDITION", "on = Identity(c)"), "no turns"),
    "computed condition": (
        LOOP.replace("MOST", "3").replace("CONDITION", "m = ReduceMax <keepdims = 0> (x)\n on = Cast <to = 9> (m)"),
        "is computed at run time",
    ),
}


def written(text: str, folder: Path) -> Path:
    path = folder / "loops.onnx"
    path.write_bytes(onnx.parser.parse_model(f"{HEADER} {text}").SerializeToString())
    return path


@pytest.mark.parametrize("case", ACCEPTED)
def test_like_onnxruntime(case: str, tmp_path: Path) -> None:
    path = written(ACCEPTED[case], tmp_path)
    graph, rng = load_model(path), np.random.default_rng(0)
    given = [rng.normal(0, 1, t.shape).astype(np.float32) for t in graph.inputs]
    theirs = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    wanted = theirs.run(None, {t.name: v for t, v in zip(graph.inputs, given, strict=True)})
    for mine, want in zip(Session(graph).step(given), wanted, strict=True):
        assert mine.shape == want.shape
        np.testing.assert_allclose(mine, want, rtol=0, atol=1e-5)


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, tmp_path: Path) -> None:
    text, reason = REFUSED[case]
    with pytest.raises(GencError, match=reason):
        load_model(written(text, tmp_path))
