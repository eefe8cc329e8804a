"""Ask a framework's own layers and functions what they compute; print the answers of layer_facts.py as JSON.

usage: ENVIRONMENT/bin/python tests/support/layer_probe.py FRAMEWORK
"""

import functools
import importlib
import json
import math
import sys
from pathlib import Path
from typing import Any, Optional, Tuple

sys.path[:0] = [str(Path(__file__).resolve().parents[folder]) for folder in (0, 2)]

import numpy as np
from own_layers.made import Array, Made

from scripts.training.frameworks import registry

KERAS_3 = ("tensorflow", "keras_jax", "keras_torch")
REFUSED = (ValueError, RuntimeError)  # what libraries raise for an argument that they do not take


def single(*values: float) -> Array:
    """Make an array of float32."""
    return np.array(values, np.float32)


def relu(of: Any) -> Any:
    """Give the derivative at 0."""
    return float(of.relu_gradient(single(-1, 0, 1))[1])


def max_pool(of: Any) -> Any:
    """Tell where the gradient of four equal maxima goes."""
    shares = np.round(of.max_pool_gradient(np.ones((2, 2), np.float32)).ravel(), 3).tolist()
    known = {"the first": [1, 0, 0, 0], "each, all of it": [1, 1, 1, 1], "each, a share": [0.25] * 4}
    return next((words for words, of_places in known.items() if of_places == shares), str(shares))


def leaky_relu(of: Any) -> Any:
    """Give the slope below 0."""
    return float(f"{-of.leaky_relu(single(-1, 2))[0]:.4g}")


def gelu(of: Any) -> Any:
    """Tell which form it is: they differ by 2e-4 at 1."""
    value = float(of.gelu(single(1, 2))[0])
    forms = {
        "exact": (1 + math.erf(math.sqrt(0.5))) / 2,
        "by tanh": (1 + math.tanh(math.sqrt(2 / math.pi) * 1.044715)) / 2,
    }
    (found,) = [words for words, known in forms.items() if abs(value - known) < 2e-5]
    return found


def plain_kernel(made: Made) -> Array:
    """Give the places of a kernel of one channel and one filter: (size, size)."""
    return made.kernel.reshape([length for length in made.kernel.shape if length > 1])


def where(of: Any, made: Made, pixel: Tuple[int, int], place: int) -> int:
    """Give the row of the kernel that one pixel of an image, 8 x 8, meets at an output: its first or last."""
    image = np.zeros((8, 8), np.float32)
    image[pixel] = 1
    batch = image[None, :, :, None] if layout(of)[0] == "NHWC" else image[None, None]
    bias = 0 if made.bias is None else made.bias.sum()
    out = (made.call(batch) - bias).reshape(batch.shape[0], -1)[0]
    value = out[0] if place == 0 else out[-1]
    apart = np.abs(plain_kernel(made) - value)  # drawn at random: two may be near to each other
    assert apart.min() < 1e-6, apart
    return int(np.unravel_index(apart.argmin(), apart.shape)[0])


def convolution(of: Any) -> Any:
    """Tell whether the kernel lies as it is, or turned."""
    made = of.conv(1, 1, 3, "valid", 1)
    step = where(of, made, (1, 1), 0) - where(of, made, (0, 0), 0)
    return {1: "correlates", -1: "convolves"}[step]


def zeros(of: Any, size: int, strides: int) -> Optional[str]:
    """Tell how many zeros `padding: same` puts before and after 8 rows; None: one counts them oneself."""
    if not getattr(of, "KNOWS_SAME", True):
        return None
    try:
        made = of.conv(1, 1, size, "same", strides)
        first, last = where(of, made, (0, 0), 0), where(of, made, (7, 7), -1)
    except REFUSED:
        return "refused"
    if convolution(of) == "convolves":
        first, last = size - 1 - first, size - 1 - last
    return f"{first} before, {size - 1 - last} after"


def strided(of: Any) -> Any:
    """A kernel of 3 with steps of 2."""
    return zeros(of, 3, 2)


def even_kernel(of: Any) -> Any:
    """A kernel of 2 with steps of 1."""
    return zeros(of, 2, 1)


@functools.lru_cache(maxsize=None)
def layout(of: Any) -> Tuple[str, str]:
    """Give the axes of images, and those of a kernel: N rows, C channels; I inputs, O outputs."""
    made = of.conv(3, 5, 2, "valid", 1)
    axes = [{2: "?", 3: "I", 5: "O"}[length] for length in made.kernel.shape]
    axes[axes.index("?")] = "H"
    axes[axes.index("?")] = "W"
    kernel = "".join(axes)
    if takes(made, (2, 8, 8, 3)) == (2, 7, 7, 5):
        return "NHWC", kernel
    assert takes(made, (2, 3, 8, 8)) == (2, 5, 7, 7)
    return "NCHW", kernel


def takes(made: Made, shape: Tuple[int, ...]) -> Optional[Tuple[int, ...]]:
    """Give the shape of what a layer makes of an input of a shape; None if it refuses it."""
    try:
        return made.call(np.zeros(shape, np.float32)).shape
    except Exception:  # of many classes, some of the library's own
        return None


def layouts(of: Any) -> Any:
    """Tell the layouts of a convolution."""
    return ", ".join(layout(of))


def dense_layout(of: Any) -> Any:
    """Tell the axes of a dense layer's weights."""
    return {(3, 5): "IO", (5, 3): "OI"}[of.dense(3, 5).kernel.shape]


def running(of: Any) -> Tuple[Array, Array, Array]:
    """Give the running mean and variance of a batch norm after four rows, and these rows."""
    x = single(0, 10, 20, 50)[:, None]
    return (*of.batch_norm(1)(x)[1:], x)


def norm_momentum(of: Any) -> Any:
    """Give the share of the running mean that a step keeps."""
    mean, _, x = running(of)
    return round(1 - float(mean[0] / x.mean()), 4)


def norm_variance(of: Any) -> Any:
    """Tell what the squares in the running variance are divided by, of four rows."""
    _, variance, x = running(of)
    keep = norm_momentum(of)
    new = (float(variance[0]) - keep) / (1 - keep)  # it was 1
    less = 4 - float(np.square(x - x.mean()).sum()) / new
    return "rows" if abs(less) < 2e-4 else f"rows - {round(less, 3):g}"


def norm_epsilon(of: Any) -> Any:
    """Give epsilon: what stands beside a small variance."""
    x = single(-0.01, 0.01, 0.01, -0.01)[:, None]
    found = float(np.square(x[0] / of.batch_norm(1)(x)[0][0])[0]) - float(x.var())
    return float(f"{found:.2g}")


def dropout(of: Any) -> Any:
    """Tell what the values are that are kept, of ones and a rate of 1/4."""
    kept = np.unique(of.dropout(np.ones(1000, np.float32), 0.25))
    assert len(kept) == 2 and kept[0] == 0
    return {1.3333: "x / (1 - rate)", 1.0: "x"}[round(float(kept[1]), 4)]


def drawn(made: Made, inputs: int, outputs: int) -> str:
    """Name the distribution of initial weights, and of biases where they are not zeros."""
    width, most = float(made.kernel.std()), float(np.abs(made.kernel).max())
    uniform = most < 1.8 * width  # of a normal distribution it would be more than three times
    scales = {
        "Glorot": math.sqrt(2 / (inputs + outputs)),
        "He": math.sqrt(2 / inputs),
        "LeCun": math.sqrt(1 / inputs),
        "1 / root(inputs)": math.sqrt(1 / 3 / inputs),  # the limit, if it is uniform
        "0.07": 0.07 / math.sqrt(3),
    }
    (name,) = [words for words, known in scales.items() if abs(width / known - 1) < 0.02]
    shape = "uniform" if uniform else "normal"
    words = f"uniform, up to {name}" if name[0].isdigit() and uniform else f"{name} {shape}"
    assert made.bias is not None
    return words if not made.bias.any() else f"{words}; biases, too"


def conv_weights(of: Any) -> Any:
    """Name the distribution of a kernel."""
    made = of.conv(64, 96, 3, "valid", 1)
    return drawn(made, 64 * 9, 96 * 9) if made.drawn else None


def dense_weights(of: Any) -> Any:
    """Name the distribution of a dense layer's weights."""
    return drawn(of.dense(400, 200), 400, 200)


def loss(of: Any) -> Any:
    """Tell what the cross-entropy takes: of the label 0 and predictions of 0 and 1."""
    found = float(of.cross_entropy(single(0, 1)))
    if abs(found - math.log(1 + math.e)) < 1e-4:
        return "logits"
    return f"probabilities, at least {math.exp(-found):.1e}" if math.isfinite(found) else "probabilities"


def weight_decay(of: Any) -> Any:
    """Tell whether Adam's weight_decay goes through its means: whose first step is the rate in any case."""
    found = of.adam_step(2.0, 1.0, 0.5)
    kinds = {1.9: "coupled", 1.8: "decoupled", 0.9: "decoupled, not times the rate"}
    return kinds[round(found, 4)]


def clip_norm(of: Any) -> Any:
    """Tell what the norm of all gradients is divided by, where they are clipped together."""
    first, second = of.clipped([single(3e-4), single(4e-4)], 1e-4)
    if not first.any() and not second.any():
        return "infinity: they become 0"
    assert abs(float(second[0] / first[0]) - 4 / 3) < 1e-4, "each by itself"
    more = 1e-4 * 3e-4 / float(first[0]) - 5e-4
    return "the norm" if abs(more) < 1e-9 else f"the norm + {more:.1g}"


# Question of layer_facts.py: the function of the library that it needs, and what finds the answer.
QUESTIONS = {
    "layouts": ("conv", layouts),
    "dense_layout": ("dense", dense_layout),
    "convolution": ("conv", convolution),
    "strided": ("conv", strided),
    "even_kernel": ("conv", even_kernel),
    "max_pool": ("max_pool_gradient", max_pool),
    "relu": ("relu_gradient", relu),
    "leaky_relu": ("leaky_relu", leaky_relu),
    "gelu": ("gelu", gelu),
    "norm_momentum": ("batch_norm", norm_momentum),
    "norm_epsilon": ("batch_norm", norm_epsilon),
    "norm_variance": ("batch_norm", norm_variance),
    "dropout": ("dropout", dropout),
    "conv_weights": ("conv", conv_weights),
    "dense_weights": ("dense", dense_weights),
    "loss": ("cross_entropy", loss),
    "weight_decay": ("adam_step", weight_decay),
    "clip_norm": ("clipped", clip_norm),
}


def main() -> None:
    """Print {question: answer} of the framework that the command line names; None: it has no such thing."""
    framework = sys.argv[1]
    registry.module(framework).set_up(1, "cpu", "float32")
    name = "keras3" if framework in KERAS_3 else framework
    of = importlib.import_module(f"own_layers.of_{name}")
    found = {
        question: answer(of) if getattr(of, needed) is not None else None
        for question, (needed, answer) in QUESTIONS.items()
    }
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main()
