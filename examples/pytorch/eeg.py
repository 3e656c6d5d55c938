"""A classifier of EEG windows in PyTorch, exported for gen-c: `python eeg.py [FOLDER]`.

A convolution over time, then an LSTM or a GRU, then four classes, from 32 channels of 128 samples.  Needs `torch`,
`onnx`, `onnxscript` and, for the PNNX files, `pnnx`; gen-c needs none of them.  docs/pytorch.md walks through it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

CHANNELS, SAMPLES, CLASSES, UNITS = 32, 128, 4, 24
CASES = 4


class Eeg(nn.Module):
    """[batch, CHANNELS, SAMPLES] to the probabilities of CLASSES."""

    def __init__(self, cell: type[nn.LSTM | nn.GRU], *, bidirectional: bool) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(CHANNELS, 24, 7, stride=2, padding=3),
            nn.BatchNorm1d(24),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(24, 32, 5, padding=2),
            nn.BatchNorm1d(32),
            nn.ELU(),
            nn.AvgPool1d(2),
        )
        self.cell = cell(32, UNITS, batch_first=True, bidirectional=bidirectional)
        self.head = nn.Linear(UNITS * (1 + bidirectional), CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features over time, the cell's last step, the classes."""
        steps, _ = self.cell(self.features(x).transpose(1, 2))
        return torch.softmax(self.head(steps[:, -1]), dim=1)


def model(name: str) -> Eeg:
    """One of the two, with weights and running statistics from a fixed seed: what training would give."""
    torch.manual_seed(len(name))
    made = Eeg(nn.LSTM, bidirectional=False) if name == "eeg_lstm" else Eeg(nn.GRU, bidirectional=True)
    for layer in made.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1.5)
    return made.eval()


def export(name: str, folder: Path) -> None:
    """Write NAME.onnx, the PNNX files when there is pnnx, and golden data."""
    made = model(name)
    x = torch.randn(1, CHANNELS, SAMPLES)
    program = torch.onnx.export(made, (x,), dynamo=True, input_names=["eeg"], output_names=["classes"])
    program.save(str(folder / f"{name}.onnx"))
    try:
        import pnnx
    except ImportError:
        print("no pnnx: only the ONNX files are written")
    else:
        pnnx.export(made, str(folder / f"{name}.pt"), (x,))
    rng = np.random.default_rng(3)
    inputs = rng.standard_normal((CASES, 1, CHANNELS, SAMPLES)).astype(np.float32)
    with torch.no_grad():
        outputs = np.stack([made(torch.from_numpy(i)).numpy() for i in inputs])
    np.savez(folder / f"{name}.npz", in0=inputs, out0=outputs)


if __name__ == "__main__":
    where = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    where.mkdir(parents=True, exist_ok=True)
    for each in ("eeg_lstm", "eeg_gru"):
        export(each, where)
