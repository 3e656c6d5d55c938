"""Trains a small CNN on scikit-learn's digits, quantises it to int8 and writes it as TFLite.

    python -m examples.digits.train

Nothing but numpy computes: the point is to see every step from pixels to an int8 model.
The network: conv 3x3 (16) - max pool - conv 3x3 (32) - max pool - fully connected (10) - softmax.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from tests.support.litert import run_reference
from tests.support.tflite_writer import ModelWriter

HERE = Path(__file__).parent
CHANNELS = (1, 16, 32)
CLASSES = 10
EPOCHS = 60
BATCH = 32
LEARNING_RATE = 2e-3

Floats = npt.NDArray[np.float32]
Array = npt.NDArray[Any]


# ---- data ---------------------------------------------------------------------------------


def load_split() -> tuple[Array, Array, Array, Array]:
    """Images of both splits, uint8 [N, 8, 8, 1] with 255 for full ink, and their labels, uint8 [N]."""
    digits = load_digits()
    images = np.round(digits.images[..., None] * (255 / 16)).astype(np.uint8)
    labels = digits.target.astype(np.uint8)
    train_x, test_x, train_y, test_y = train_test_split(images, labels, test_size=360, random_state=0, stratify=labels)
    return train_x, train_y, test_x, test_y


def shifted(images: Floats, rng: np.random.Generator) -> Floats:
    """The images, each moved by up to one pixel: a digit is the same digit a pixel further."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    moves = rng.integers(0, 3, (len(images), 2))
    return np.stack([image[y : y + 8, x : x + 8] for image, (y, x) in zip(padded, moves, strict=True)])


# ---- float network ------------------------------------------------------------------------


def patches(x: Floats) -> Floats:
    """Every 3x3 neighbourhood of [N, H, W, C], zero padded: [N, H, W, 9*C]."""
    _, height, width, _ = x.shape
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return np.concatenate([padded[:, i : i + height, j : j + width] for i in range(3) for j in range(3)], axis=3)


def patches_gradient(gradient: Floats, channels: int) -> Floats:
    """The gradient of `patches`: each neighbourhood's share added up per pixel."""
    batch, height, width, _ = gradient.shape
    padded = np.zeros((batch, height + 2, width + 2, channels), np.float32)
    for k, part in enumerate(np.split(gradient, 9, axis=3)):
        i, j = divmod(k, 3)
        padded[:, i : i + height, j : j + width] += part
    return padded[:, 1:-1, 1:-1]


def max_pool(x: Floats) -> tuple[Floats, Array]:
    """2x2 maximum, and which pixel gave it: [N, H/2, W/2, C], mask of [N, H/2, 2, W/2, 2, C]."""
    batch, height, width, channels = x.shape
    blocks = x.reshape(batch, height // 2, 2, width // 2, 2, channels)
    top = blocks.max(axis=(2, 4), keepdims=True)
    mask = blocks == top
    return top[:, :, 0, :, 0], mask / mask.sum(axis=(2, 4), keepdims=True)


@dataclass
class Parameter:
    """A trained array with the two moments that Adam keeps of its gradient."""

    value: Floats
    mean: Floats = field(init=False)
    square: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.mean = np.zeros_like(self.value)
        self.square = np.zeros_like(self.value)

    def descend(self, gradient: Floats, step: int, rate: float) -> None:
        """One step of Adam."""
        self.mean += 0.1 * (gradient - self.mean)
        self.square += 0.001 * (gradient**2 - self.square)
        mean, square = self.mean / (1 - 0.9**step), self.square / (1 - 0.999**step)
        self.value -= (rate * mean / (np.sqrt(square) + 1e-7)).astype(np.float32)


def parameters(rng: np.random.Generator) -> list[Parameter]:
    """Weights [inputs, outputs] and biases of the three layers, in order."""
    sizes = [(9 * CHANNELS[0], CHANNELS[1]), (9 * CHANNELS[1], CHANNELS[2]), (4 * CHANNELS[2], CLASSES)]
    found = []
    for inputs, outputs in sizes:
        weights = rng.normal(0, np.sqrt(2 / inputs), (inputs, outputs)).astype(np.float32)
        found += [Parameter(weights), Parameter(np.zeros(outputs, np.float32))]
    return found


def forward(x: Floats, params: list[Parameter]) -> list[tuple[Array, ...]]:
    """Per layer what the way back needs; the last entry is (features, logits)."""
    w1, b1, w2, b2, w3, b3 = (p.value for p in params)
    p1 = patches(x)
    a1 = np.maximum(p1 @ w1 + b1, 0)
    m1, mask1 = max_pool(a1)
    p2 = patches(m1)
    a2 = np.maximum(p2 @ w2 + b2, 0)
    m2, mask2 = max_pool(a2)
    features = m2.reshape(len(x), -1)
    return [(p1, a1, mask1), (p2, a2, mask2), (features, features @ w3 + b3)]


def gradients(cache: list[tuple[Array, ...]], labels: Array, params: list[Parameter]) -> list[Floats]:
    """Gradient of the cross entropy by every parameter, in the order of `parameters`."""
    (features, logits) = cache[2]
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    error = (exp / exp.sum(axis=1, keepdims=True) - np.eye(CLASSES)[labels]) / len(labels)
    found = [features.T @ error, error.sum(axis=0)]
    back = (error @ params[4].value.T).reshape(len(labels), 2, 2, CHANNELS[2])
    for layer in (1, 0):
        p, a, mask = cache[layer]
        error = (mask * back[:, :, None, :, None]).reshape(a.shape) * (a > 0)
        found = [np.tensordot(p, error, axes=([0, 1, 2], [0, 1, 2])), error.sum(axis=(0, 1, 2)), *found]
        back = patches_gradient(error @ params[2 * layer].value.T, CHANNELS[layer])
    return found


def train(images: Floats, labels: Array, rng: np.random.Generator) -> list[Parameter]:
    """Train from scratch; the learning rate falls to zero along a cosine."""
    params = parameters(rng)
    step, steps = 0, EPOCHS * (len(images) // BATCH)
    for _ in range(EPOCHS):
        order = rng.permutation(len(images))[: len(images) // BATCH * BATCH]
        for batch in order.reshape(-1, BATCH):
            step += 1
            rate = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            cache = forward(shifted(images[batch], rng), params)
            for parameter, gradient in zip(params, gradients(cache, labels[batch], params), strict=True):
                parameter.descend(gradient.astype(np.float32), step, rate)
    return params


# ---- int8 ---------------------------------------------------------------------------------


def activation_quantization(values: Floats) -> tuple[float, int]:
    """Scale and zero point that cover the values, with 0 exactly representable."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    scale = (high - low) / 255
    return scale, round(-128 - low / scale)


def quantize_weights(weights: Floats, axis: int | None) -> tuple[Array, Array]:
    """Symmetric int8, one scale per index of `axis`; None: one scale for all."""
    others = tuple(i for i in range(weights.ndim) if i != axis)
    scale = np.abs(weights).max(axis=others, keepdims=True) / 127
    return np.round(weights / scale).astype(np.int8), np.ravel(scale)


class Quantizer:
    """Adds quantised layers to a model file, each reading the output of the one before."""

    def __init__(self, writer: ModelWriter, tensor: int, scale: float) -> None:
        self.writer, self.tensor, self.scale = writer, tensor, scale

    def _follow(self, operator: str, inputs: list[int], output: int, **options: Any) -> None:
        self.writer.operator(operator, [self.tensor, *inputs], [output], **options)
        self.tensor = output

    def linear(self, name: str, weights: Floats, bias: Floats, seen: Floats, **options: Any) -> None:
        """A convolution (weights [O, 3, 3, I], per channel) or fully connected layer (weights [O, I], per tensor).

        `seen` are the layer's float outputs over the calibration images.
        """
        axis = 0 if weights.ndim == 4 else None
        w, scale = quantize_weights(weights, axis)
        b = np.round(bias / (scale * self.scale)).astype(np.int32)
        f = self.writer.tensor(f"{name}/weights", w.shape, "int8", scale, axis=axis, data=w)
        c = self.writer.tensor(f"{name}/bias", b.shape, "int32", scale * self.scale, axis=axis, data=b)
        self.scale, zero_point = activation_quantization(seen)
        shape = (1, *seen.shape[1:])
        output = self.writer.tensor(name, shape, "int8", self.scale, zero_point)
        self._follow("CONV_2D" if axis == 0 else "FULLY_CONNECTED", [f, c], output, **options)
        self.shape, self.zero_point = shape, zero_point

    def max_pool(self, name: str) -> None:
        """2x2, stride 2."""
        _, height, width, channels = self.shape
        self.shape = (1, height // 2, width // 2, channels)
        output = self.writer.tensor(name, self.shape, "int8", self.scale, self.zero_point)
        window = {"filter_width": 2, "filter_height": 2, "stride_w": 2, "stride_h": 2}
        self._follow("MAX_POOL_2D", [], output, padding="VALID", **window)

    def flatten(self, name: str) -> None:
        """All but the batch in one dimension."""
        self.shape = (1, int(np.prod(self.shape)))
        to = self.writer.tensor(f"{name}/shape", (2,), "int32", data=self.shape)
        output = self.writer.tensor(name, self.shape, "int8", self.scale, self.zero_point)
        self._follow("RESHAPE", [to], output, new_shape=list(self.shape))

    def softmax(self, name: str) -> None:
        """Probabilities at TFLite's fixed scale 1/256."""
        output = self.writer.tensor(name, self.shape, "int8", 1 / 256, -128)
        self._follow("SOFTMAX", [], output, beta=1.0)


def to_tflite(params: list[Parameter], calibration: Floats) -> bytes:
    """The int8 model; activation ranges are those that the calibration images reach."""
    w1, b1, w2, b2, w3, b3 = (p.value for p in params)
    (_, a1, _), (_, a2, _), (_, logits) = forward(calibration, params)
    writer = ModelWriter("Handwritten digits, 8x8, trained by examples/digits/train.py of gen-c")
    image = writer.tensor("image", (1, 8, 8, 1), "int8", 1 / 255, -128)
    q = Quantizer(writer, image, 1 / 255)
    same = {"padding": "SAME", "stride_w": 1, "stride_h": 1, "fused_activation_function": "RELU"}
    q.linear("conv1", w1.T.reshape(CHANNELS[1], 3, 3, CHANNELS[0]), b1, a1, **same)
    q.max_pool("pool1")
    q.linear("conv2", w2.T.reshape(CHANNELS[2], 3, 3, CHANNELS[1]), b2, a2, **same)
    q.max_pool("pool2")
    q.flatten("flatten")
    q.linear("logits", w3.T, b3, logits)
    q.softmax("scores")
    return writer.build([image], [q.tensor])


def accuracy(model: bytes, images: Array, labels: Array) -> float:
    """Share of images that the model, run by TFLite's reference kernels, names correctly."""
    inputs = (images.astype(np.int16) - 128).astype(np.int8)
    answers = [int(run_reference(model, [image[None]])[0].argmax()) for image in inputs]
    return float(np.mean(np.array(answers) == labels))


def main() -> None:
    """Train, quantise, judge, write."""
    train_x, train_y, test_x, test_y = load_split()
    params = train((train_x / 255).astype(np.float32), train_y, np.random.default_rng(0))
    model = to_tflite(params, (train_x / 255).astype(np.float32))
    logits = forward((test_x / 255).astype(np.float32), params)[2][1]
    print(f"float: {np.mean(logits.argmax(axis=1) == test_y):.1%} of {len(test_y)} test images")
    print(f"int8:  {accuracy(model, test_x, test_y):.1%}, {len(model)} bytes")
    (HERE / "digits.tflite").write_bytes(model)
    np.savez_compressed(HERE / "digits_test.npz", images=test_x, labels=test_y)


if __name__ == "__main__":
    main()
