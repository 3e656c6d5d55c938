"""Makes pnnx.zip, what tests/frontends/test_pnnx.py reads: every operator as PNNX writes it, and what PyTorch computes.

Run by hand in an environment with torch and pnnx: python make_pnnx.py.  In the archive each case has a folder with
model.pnnx.param, model.pnnx.bin and io.npz (in0 ..., out0 ...).
"""

import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pnnx
import torch
import torch.nn.functional as F
from torch import nn

A, B, C = (1, 6, 8, 10), (1, 6, 12), (1, 7, 6)


class Call(nn.Module):
    def __init__(self, function, *modules):
        super().__init__()
        self.function, self.modules_ = function, nn.ModuleList(modules)

    def forward(self, *inputs):
        return self.function(*self.modules_, *inputs)


def first(module):
    return Call(lambda m, x: m(x), module)


def recurrent(module):
    return Call(lambda m, x: m(x)[0], module)


CASES = {
    "conv2d": (first(nn.Conv2d(6, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2))), A),
    "conv2d_groups": (first(nn.Conv2d(6, 12, 3, padding=1, groups=3, bias=False)), A),
    "conv2d_same": (first(nn.Conv2d(6, 4, 4, padding="same")), A),
    "conv2d_reflect": (first(nn.Conv2d(6, 4, 3, padding=1, padding_mode="reflect")), A),
    "conv1d": (first(nn.Conv1d(6, 5, 3, padding=2, dilation=2)), B),
    "deconv2d": (first(nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1)), A),
    "deconv1d": (first(nn.ConvTranspose1d(6, 4, 4, stride=2, padding=1)), B),
    "linear": (first(nn.Linear(10, 3)), A),
    "bn2d": (first(nn.BatchNorm2d(6)), A),
    "bn1d": (first(nn.BatchNorm1d(6)), B),
    "in2d": (first(nn.InstanceNorm2d(6, affine=True)), A),
    "gn": (first(nn.GroupNorm(3, 6)), A),
    "ln": (first(nn.LayerNorm((8, 10))), A),
    "ln_plain": (first(nn.LayerNorm(6, elementwise_affine=False)), C),
    "rms": (first(nn.RMSNorm(6, eps=1e-5)), C),
    "prelu": (first(nn.PReLU(6)), A),
    "maxpool": (first(nn.MaxPool2d(3, 2, 1)), A),
    "maxpool_ceil": (first(nn.MaxPool2d(3, 2, ceil_mode=True)), A),
    "avgpool": (first(nn.AvgPool2d(3, 2, 1)), A),
    "avgpool_exclude": (first(nn.AvgPool2d(3, 2, 1, count_include_pad=False)), A),
    "adaptive": (first(nn.AdaptiveAvgPool2d((2, 5))), A),
    "adaptive_max": (first(nn.AdaptiveMaxPool1d(3)), B),
    "lstm": (recurrent(nn.LSTM(6, 5, batch_first=True)), C),
    "lstm_deep": (recurrent(nn.LSTM(6, 5, num_layers=2, bidirectional=True)), C),
    "lstm_state": (Call(lambda m, x: m(x)[1][0], nn.LSTM(6, 5, num_layers=2)), C),
    "gru": (recurrent(nn.GRU(6, 5, batch_first=True, bidirectional=True)), C),
    "gru_given": (Call(lambda m, x, h: m(x, h), nn.GRU(6, 5)), C, (1, 7, 5)),
    "rnn": (recurrent(nn.RNN(6, 5, nonlinearity="relu", bias=False)), C),
    "upsample": (first(nn.Upsample(scale_factor=2, mode="bilinear")), A),
    "interpolate": (Call(lambda x: F.interpolate(x, size=(5, 7), mode="bilinear", align_corners=True)), A),
    "nearest": (Call(lambda x: F.interpolate(x, scale_factor=3, mode="nearest")), A),
    "bicubic": (Call(lambda x: F.interpolate(x, size=(16, 15), mode="bicubic")), A),
    "pad": (Call(lambda x: F.pad(x, (1, 2, 3, 0), value=0.5)), A),
    "reflect": (first(nn.ReflectionPad2d((1, 2, 3, 0))), A),
    "replicate": (Call(lambda x: F.pad(x, (1, 2), mode="replicate")), B),
    "view": (Call(lambda x: x.view(1, 12, -1)), A),
    "permute": (Call(lambda x: x.permute(0, 2, 3, 1)), A),
    "transpose": (Call(lambda x: x.transpose(1, -1)), A),
    "flatten": (Call(lambda x: torch.flatten(x, 2)), A),
    "squeeze": (Call(lambda x: x[:, 0:1].squeeze(1).unsqueeze(-1)), A),
    "cat": (Call(lambda x, y: torch.cat((x, y), 1)), A, A),
    "stack": (Call(lambda x, y: torch.stack((x, y), 2)), B, B),
    "chunk": (Call(lambda x: torch.chunk(x, 3, 1)), A),
    "split": (Call(lambda x: torch.split(x, [1, 2, 3], 1)), A),
    "unbind": (Call(lambda x: torch.unbind(x, 1)[:2]), C),
    "slice": (Call(lambda x: x[:, 1:5:2, :, 3:]), A),
    "select": (Call(lambda x: x[:, -1]), C),
    "expand": (Call(lambda x: x[:, :, :1].expand(1, 7, 4) + 0), C),
    "repeat": (Call(lambda x: x.repeat(1, 2, 3)), C),
    "flip": (Call(lambda x: torch.flip(x, (1, 3))), A),
    "pixel_shuffle": (first(nn.PixelShuffle(2)), (1, 8, 3, 4)),
    "pixel_unshuffle": (first(nn.PixelUnshuffle(2)), A),
    "channel_shuffle": (first(nn.ChannelShuffle(3)), A),
    "mean": (Call(lambda x: x.mean((2, 3), keepdim=True)), A),
    "sum": (Call(lambda x: x.sum(1)), A),
    "amax": (Call(lambda x: torch.amax(x, 2)), A),
    "matmul": (Call(lambda x, y: torch.matmul(x, y.transpose(1, 2))), C, C),
    "bmm": (Call(lambda x, y: torch.bmm(x, y)), C, (1, 6, 4)),
    "softmax": (Call(lambda x: F.softmax(x, 1)), A),
    "log_softmax": (first(nn.LogSoftmax(-1)), C),
    "normalize": (Call(lambda x: F.normalize(x, dim=1)), A),
    "glu": (Call(lambda x: F.glu(x, 1)), A),
    "clamp": (Call(lambda x: torch.clamp(x, -0.3, 0.6)), A),
    "arithmetic": (Call(lambda x, y: (x * 2 - y / 3 + 0.5) * torch.sqrt(x.abs() + 1) - torch.exp(-y * y)), A, A),
    "functions": (Call(lambda x: torch.sin(x) + torch.rsqrt(x * x + 1) + torch.square(x) + torch.tanh(x)), A),
    "compare": (Call(lambda x, y: torch.where(x > y, x, y * 0.5)), A, A),
    "constant": (Call(lambda m, x: x * m.weight, nn.Linear(10, 8)), A),
    **{
        name.lower(): (first(getattr(nn, name)()), A)
        for name in "CELU ELU GELU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish ReLU ReLU6 SELU SiLU "
        "Sigmoid Softplus Softsign Tanh".split()
    },
}


def main() -> None:
    with zipfile.ZipFile(Path(__file__).with_name("pnnx.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (module, *shapes) in CASES.items():
            torch.manual_seed(1)
            module.eval()
            for inner in module.modules():
                if isinstance(inner, nn.modules.batchnorm._BatchNorm):
                    inner.running_mean.normal_(0, 0.1)
                    inner.running_var.uniform_(0.5, 1.5)
            inputs = tuple(torch.randn(shape) for shape in shapes)
            with tempfile.TemporaryDirectory() as folder, torch.no_grad():
                try:
                    pnnx.export(module, f"{folder}/model.pt", inputs)
                    outputs = module(*inputs)
                except Exception as error:
                    print("not exported:", name, error)
                    continue
                outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
                arrays = {f"in{i}": t.numpy() for i, t in enumerate(inputs)} | {
                    f"out{i}": t.numpy() for i, t in enumerate(outputs)
                }
                np.savez_compressed(f"{folder}/io.npz", **arrays)
                for file in ("model.pnnx.param", "model.pnnx.bin", "io.npz"):
                    info = zipfile.ZipInfo(f"{name}/{file}")
                    info.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(info, Path(folder, file).read_bytes())


if __name__ == "__main__":
    main()
