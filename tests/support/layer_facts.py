"""What each library's own layers do, and docs/layers.md, which is written from it by `make docs`.

tests/e2e/test_library_facts.py asks the installed libraries the same questions, by layer_probe.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import env_versions
from paths import ROOT

from scripts.training.frameworks import registry

PAGE = ROOT / "docs" / "layers.md"
HEAD = """# What each library's layers do

Written by `make docs` from tests/support/layer_facts.py. The tests ask the installed libraries every question
of this page: they call the layer, and look at what comes out of it.

A layer of one name is not one function. A network that is moved from one library to another, layer by layer,
starts from other weights, is padded on other sides, and predicts by other running means. With `published`
settings these differences stay, unless this page says otherwise. With `matched` settings every framework
computes what the column *matched* says, and the [parity certificate](equivalence.md#the-parity-certificate)
shows it. [What each library's optimisers do](optimizers.md) is the other half.

Keras is Keras 3 for TensorFlow, JAX and PyTorch. The columns Theano and CNTK are Keras 2.3.1 where these
have no such layer. JAX and PyTensor are functions without layers: `-` stands for what a library leaves to its
user.
"""


@dataclass(frozen=True)
class Question:
    """A row of the page: what is asked, what matched settings make of it, and what depends on it."""

    asked: str
    matched: str
    matters: str


@dataclass(frozen=True)
class Part:
    """A table of the page."""

    title: str
    questions: Mapping[str, Question]


PARTS = [
    Part(
        "Convolutions",
        {
            "layouts": Question(
                "Axes of images, and of a kernel",
                "each its own",
                "Time only: weights are exchanged in one layout. N are rows, C or I channels in, O channels"
                " out.",
            ),
            "convolution": Question(
                "Does it turn the kernel?",
                "correlates",
                "Nothing while a network stays in its library: the kernel that is learned is a turned one."
                " Weights that move have to be turned by 180 degrees.",
            ),
            "strided": Question(
                "`padding: same`, a kernel of 3, strides 2, on 8 rows: zeros in a window",
                "1 before, 0 after",
                "Another network, also with published settings: the matched one. On 9 rows all have one on"
                " each side, so that a test with an odd size shows nothing.",
            ),
            "even_kernel": Question(
                "`padding: same`, a kernel of 2: zeros in a window",
                "refused",
                "Another network: losses differ by 5 to 20 %. Such a config is refused with all settings.",
            ),
        },
    ),
    Part(
        "Pools and activations",
        {
            "max_pool": Question(
                "Gradient of several equal maxima goes to",
                "the first",
                "Much wherever areas are of one colour, as in pictures of digits.",
            ),
            "relu": Question(
                "Derivative of relu at 0",
                "0",
                "Much where an image is black and biases are still 0. PyTensor has no relu: `maximum(x, 0)`"
                " was asked, and is not used here, with published settings either.",
            ),
            "leaky_relu": Question(
                "Slope of leaky_relu below 0",
                "0.01",
                "Another network: 0.01 with published settings, too.",
            ),
            "gelu": Question(
                "gelu without arguments is",
                "`gelu` exact, `gelu_tanh` by tanh",
                "5e-4 of a value. The config says which, with published settings, too.",
            ),
        },
    ),
    Part(
        "Batch norm and dropout",
        {
            "norm_momentum": Question(
                "Share of the running mean that a step keeps",
                "of the config: 0.99 if it does not say",
                "Predictions, most of all after few steps. Arguments named momentum differ in meaning: what"
                " is kept in Keras and PaddlePaddle, what is added in PyTorch. The config's is what is kept,"
                " everywhere.",
            ),
            "norm_epsilon": Question(
                "Epsilon of batch norm",
                "of the config: 0.001 if it does not say",
                "Features of small variance. On CNTK Keras 2.3.1 trains with 0.001 whatever it is given, and"
                " predicts with what it is given.",
            ),
            "norm_variance": Question(
                "Running variance divides by",
                "rows",
                "Predictions: 6 % of the variance with batches of 16 rows of features.",
            ),
            "dropout": Question(
                "Dropout makes of a value that it keeps",
                "x / (1 - rate)",
                "Nothing: all agree. Which values are dropped is each library's own, and not compared.",
            ),
        },
    ),
    Part(
        "Initial weights and the loss",
        {
            "conv_weights": Question(
                "A kernel begins",
                "`matched.initializer`, from one file",
                "Accuracy after few epochs. Inputs are those of one place of the kernel: height x width x"
                " channels.",
            ),
            "dense_weights": Question(
                "A dense layer's weights begin",
                "`matched.initializer`, from one file",
                "The same.",
            ),
            "dense_layout": Question(
                "Axes of a dense layer's weights",
                "each its own",
                "Time only. After flattening images of other axes their rows are in another order, too.",
            ),
            "loss": Question(
                "The cross-entropy takes",
                "logits",
                "From clipped probabilities no gradient comes back while a row is that far wrong.",
            ),
        },
    ),
]
AROUND = Part(
    "Weight decay and clipping",
    {
        "weight_decay": Question(
            "The argument `weight_decay` of Adam is",
            "`l2` coupled, `weight_decay` of adamw decoupled",
            "Coupled, it is added to the gradient, and Adam divides it away where gradients are large. In"
            " PyTorch and PaddlePaddle it is so in all optimisers but AdamW, in Keras 3 in none. The config"
            " has both, by two names, in every framework.",
        ),
        "clip_norm": Question(
            "Clipping multiplies all gradients by the largest norm over",
            "the norm",
            "A millionth of the norm; on CNTK all of it: a step whose norm is larger is lost, so that with"
            " published settings the matched one is taken there. The argument is `clipnorm` in Keras 2.3.1"
            " and `global_clipnorm` in Keras 3, whose `clipnorm` is of each weight by itself.",
        ),
    },
)  # on the page of the optimisers
QUESTIONS = {name: question for part in [*PARTS, AROUND] for name, question in part.questions.items()}

KERAS_3: Mapping[str, Any] = {
    "layouts": "NHWC, HWIO",
    "convolution": "correlates",
    "strided": "0 before, 1 after",
    "even_kernel": "0 before, 1 after",
    "max_pool": "the first",
    "relu": 0.0,
    "leaky_relu": 0.2,
    "gelu": "exact",
    "norm_momentum": 0.99,
    "norm_epsilon": 0.001,
    "norm_variance": "rows",
    "dropout": "x / (1 - rate)",
    "conv_weights": "Glorot uniform",
    "dense_weights": "Glorot uniform",
    "dense_layout": "IO",
    "loss": "probabilities, at least 1.0e-07",
    "weight_decay": "decoupled",
    "clip_norm": "the norm",
}
FACTS: Mapping[str, Mapping[str, Any]] = {
    "tensorflow": KERAS_3,
    "keras_jax": KERAS_3,
    "keras_torch": KERAS_3,
    "pytorch": {
        "layouts": "NCHW, OIHW",
        "convolution": "correlates",
        "strided": "refused",
        "even_kernel": "0 before, 1 after",
        "max_pool": "the first",
        "relu": 0.0,
        "leaky_relu": 0.01,
        "gelu": "exact",
        "norm_momentum": 0.9,
        "norm_epsilon": 1e-5,
        "norm_variance": "rows - 1",
        "dropout": "x / (1 - rate)",
        "conv_weights": "uniform, up to 1 / root(inputs); biases, too",
        "dense_weights": "uniform, up to 1 / root(inputs); biases, too",
        "dense_layout": "OI",
        "loss": "logits",
        "weight_decay": "coupled",
        "clip_norm": "the norm + 1e-06",
    },
    "theano": {
        **KERAS_3,
        "convolution": "convolves",
        "strided": "1 before, 0 after",
        "even_kernel": "1 before, 0 after",
        "max_pool": "each, all of it",
        "relu": 0.5,
        "leaky_relu": 0.3,
        "gelu": None,
        "norm_variance": "rows - 1.001",
        "weight_decay": None,
    },
    "cntk": {
        **KERAS_3,
        "strided": "1 before, 0 after",
        "leaky_relu": 0.3,
        "gelu": None,
        "weight_decay": None,
        "clip_norm": "infinity: they become 0",
    },
    "jax": {
        "layouts": "NCHW, OIHW",
        "convolution": "correlates",
        "strided": "0 before, 1 after",
        "even_kernel": "0 before, 1 after",
        "max_pool": "the first",
        "relu": 0.0,
        "leaky_relu": 0.01,
        "gelu": "by tanh",
        "loss": "logits",
        "clip_norm": "the norm",
    },
    "paddle": {
        "layouts": "NCHW, OIHW",
        "convolution": "correlates",
        "strided": "0 before, 1 after",
        "even_kernel": "0 before, 1 after",
        "max_pool": "the first",
        "relu": 0.0,
        "leaky_relu": 0.01,
        "gelu": "exact",
        "norm_momentum": 0.9,
        "norm_epsilon": 1e-5,
        "norm_variance": "rows",
        "dropout": "x / (1 - rate)",
        "conv_weights": "He normal",
        "dense_weights": "Glorot uniform",
        "dense_layout": "IO",
        "loss": "logits",
        "weight_decay": "coupled",
        "clip_norm": "the norm",
    },
    "pytensor": {"relu": 1.0},
    "mxnet": {
        "layouts": "NCHW, OIHW",
        "convolution": "correlates",
        "max_pool": "the first",
        "relu": 0.0,
        "leaky_relu": 0.25,
        "gelu": "exact",
        "norm_momentum": 0.9,
        "norm_epsilon": 1e-5,
        "norm_variance": "rows",
        "dropout": "x / (1 - rate)",
        "conv_weights": "uniform, up to 0.07",
        "dense_weights": "uniform, up to 0.07",
        "dense_layout": "OI",
        "loss": "logits",
        "weight_decay": "coupled",
        "clip_norm": "the norm + 1e-08",
    },
    "chainer": {
        "layouts": "NCHW, OIHW",
        "convolution": "correlates",
        "max_pool": "the first",
        "relu": 0.0,
        "leaky_relu": 0.2,
        "norm_momentum": 0.9,
        "norm_epsilon": 2e-5,
        "norm_variance": "rows - 1",
        "dropout": "x / (1 - rate)",
        "conv_weights": "LeCun normal",
        "dense_weights": "LeCun normal",
        "dense_layout": "OI",
        "loss": "logits",
        "weight_decay": "decoupled, not times the rate",
        "clip_norm": "the norm",
    },
}


def files() -> dict[Any, str]:
    """Return the page, {path: text}."""
    return {PAGE: "\n".join([HEAD, env_versions.table(FACTS), *map(section, PARTS)])}


def section(part: Part) -> str:
    """Return one table, libraries across, and below it why each row matters."""
    labels = [registry.framework(name).label for name in FACTS]
    rows = [f"| | {' | '.join(labels)} | *matched* |", "| --- " * (len(labels) + 2) + "|"]
    for name, question in part.questions.items():
        answers = [written(facts.get(name)) for facts in FACTS.values()]
        rows.append(f"| {question.asked} | {' | '.join(answers)} | {question.matched} |")
    why = [f"- *{question.asked}*: {question.matters}" for question in part.questions.values()]
    return "\n".join([f"## {part.title}\n", *rows, "\nWhy it matters:\n", *why, ""])


def written(answer: Any) -> str:
    """Return an answer as a cell."""
    if answer is None:
        return "-"
    return f"{answer:g}" if isinstance(answer, float) else answer
