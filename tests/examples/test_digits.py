from pathlib import Path

import numpy as np
import pytest

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.render.writer import write
from examples.digits import demo, train
from tests.support.tools import need

FOLDER = Path(train.__file__).parent


def test_the_committed_model_names_the_test_images() -> None:
    with np.load(FOLDER / "digits_test.npz") as test:
        images, labels = test["images"], test["labels"]
    assert images.shape == (360, 8, 8, 1)
    assert train.accuracy((FOLDER / "digits.tflite").read_bytes(), images, labels) > 0.97


def test_the_committed_test_images_are_the_split() -> None:
    train_x, _, test_x, test_y = train.load_split()
    with np.load(FOLDER / "digits_test.npz") as test:
        assert np.array_equal(test["images"], test_x)
        assert np.array_equal(test["labels"], test_y)
    seen = {image.tobytes() for image in train_x}
    assert not any(image.tobytes() in seen for image in test_x)


def test_the_demo_is_as_accurate_as_the_reference_kernels(tmp_path: Path) -> None:
    need("cc")
    compiled = compile_model(FOLDER / "digits.tflite", find_board("esp32"), Options())
    write(compiled.files, tmp_path / "digits", force=False)
    with np.load(FOLDER / "digits_test.npz") as test:
        share = train.accuracy((FOLDER / "digits.tflite").read_bytes(), test["images"], test["labels"])
    printed = demo.run(tmp_path / "digits")
    assert f"{share:.1%} of 360 test images".replace("%", " %") in printed
    assert printed.count("this is a ") == 2


def test_gradients_are_those_of_the_loss() -> None:
    """The way back, against differences of the loss, for one weight of every layer."""
    rng = np.random.default_rng(1)
    params = train.parameters(rng)
    images, labels = rng.uniform(0, 1, (6, 8, 8, 1)), rng.integers(0, 10, 6)
    for p in params:
        p.value = p.value.astype(np.float64) + rng.normal(0, 0.1, p.value.shape)

    def loss() -> float:
        logits = train.forward(images, params)[2][1]
        return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(6), labels]))

    step = 1e-6
    found = train.gradients(train.forward(images, params), labels, params)
    for p, gradient in zip(params, found, strict=True):
        where = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        p.value[where] += step
        above = loss()
        p.value[where] -= 2 * step
        below = loss()
        p.value[where] += step
        assert gradient[where] == pytest.approx((above - below) / (2 * step), rel=1e-3)


@pytest.mark.full
def test_training_again_is_as_good() -> None:
    train_x, train_y, test_x, test_y = train.load_split()
    images = (train_x / 255).astype(np.float32)
    model = train.to_tflite(train.train(images, train_y, np.random.default_rng(0)), images)
    assert train.accuracy(model, test_x, test_y) > 0.96
