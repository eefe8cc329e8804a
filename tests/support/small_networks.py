"""Train small networks with every trainer of a framework, and print the first steps as JSON.

Together they have every layer, activation and optimiser of the config. With matched settings: gradients of
the first step and losses. With published settings the losses of each optimiser. In float32, which some
libraries compute by other programs, those of images alone.

usage: ENVIRONMENT/bin/python tests/support/small_networks.py FRAMEWORK float64|float32
"""

import json
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import flat_areas
import numpy as np

from scripts.core.network import count_parameters, weight_shapes
from scripts.training.fold_data import Rows
from scripts.training.frameworks import registry

COUNT, STEPS = 8, 4
LAST: Dict[str, Any] = {"type": "dense", "units": flat_areas.CLASSES, "activation": "softmax"}
SGD: Dict[str, Any] = {
    **flat_areas.TRAINING["optimizer"],
    **{"learning_rate": 0.05, "schedule": {"type": "step", "updates": 2, "factor": 0.5}},
    **{"clip_norm": 0.2, "l2": 0.3},
}
ADAM: Dict[str, Any] = {
    **{"name": "adam", "learning_rate": 0.05, "decay": 0.1, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-4}
}


class Case(NamedTuple):
    """A network, its optimiser with every constant, and the shape of a row."""

    layers: List[Dict[str, Any]]
    optimizer: Dict[str, Any]
    shape: Tuple[int, ...] = (9, 8, 2)


def conv(
    filters: int, kernel: int, padding: str, activation: str = "linear", **options: Any
) -> Dict[str, Any]:
    """Make a convolution as the config has it."""
    named = {"filters": filters, "kernel": kernel, "padding": padding, "activation": activation}
    return {"type": "conv", **named, **options}


def dense(units: int, activation: str, **options: Any) -> Dict[str, Any]:
    """Make a dense layer as the config has it."""
    return {"type": "dense", "units": units, "activation": activation, **options}


def norm(momentum: float, epsilon: float) -> Dict[str, Any]:
    """Make a batch_norm with all of its constants."""
    return {"type": "batch_norm", "momentum": momentum, "epsilon": epsilon}


CASES = {
    "activations": Case(
        [
            conv(3, 3, "valid", "leaky_relu"),
            {"type": "flatten"},
            *(dense(6, name) for name in ("elu", "linear", "tanh", "gelu", "gelu_tanh", "sigmoid", "relu")),
            LAST,
        ],
        SGD,
    ),
    # Strides 2 of 9 rows and 8 columns: with padding `same` libraries put the zeros on other sides.
    "strides": Case(
        [
            conv(4, 3, "same", strides=2, bias=False),
            {"type": "activation", "activation": "relu"},
            {"type": "avg_pool", "size": 2, "strides": 1},
            conv(3, 2, "valid", "tanh"),
            {"type": "global_avg_pool"},
            dense(5, "relu", bias=False),
            LAST,
        ],
        {**ADAM, "warm_up": 3, "clip_norm": 0.1, "l2": 0.1},
    ),
    "pools": Case(
        [
            {"type": "activation", "activation": "relu"},
            conv(4, 2, "valid", "tanh", strides=2),
            {"type": "max_pool", "size": 2, "strides": 1},
            {"type": "avg_pool", "size": 2},
            {"type": "flatten"},
            LAST,
        ],
        {**ADAM, "name": "adamw", "weight_decay": 0.3},
        (11, 12, 3),
    ),
    "norms of images": Case(
        [
            conv(4, 3, "valid", bias=False),
            norm(momentum=0.8, epsilon=0.01),
            {"type": "activation", "activation": "relu"},
            {"type": "max_pool", "size": 2},
            norm(momentum=0.6, epsilon=0.1),
            {"type": "flatten"},
            norm(momentum=0.7, epsilon=0.02),
            LAST,
        ],
        {**ADAM, "epsilon": 1e-2},
    ),
    "norms of features": Case(
        [
            norm(momentum=0.5, epsilon=0.1),
            dense(6, "linear"),
            norm(momentum=0.9, epsilon=0.001),
            {"type": "activation", "activation": "relu"},
            LAST,
        ],
        SGD,
        (5,),
    ),
    "features": Case(
        [
            dense(6, "tanh", bias=False),
            {"type": "activation", "activation": "relu"},
            {**LAST, "bias": False},
        ],
        {"name": "adagrad", "learning_rate": 0.1, "decay": 0.05, "epsilon": 1e-3, "l2": 0.2},
        (7,),
    ),
    "images without convolutions": Case(
        [{"type": "avg_pool", "size": 3, "strides": 2}, {"type": "flatten"}, dense(5, "elu"), LAST],
        {**SGD, "nesterov": False, "decay": 0.2},
    ),
    "no momentum": Case(
        [dense(7, "sigmoid"), dense(6, "gelu"), LAST],
        {**SGD, "momentum": 0.0, "nesterov": False, "warm_up": 3},
        (6,),
    ),
    "nadam": Case(
        [dense(5, "tanh"), LAST],
        {**ADAM, "name": "nadam", "momentum_decay": 0.3, "decay": 0.1, "l2": 0.2},
        (6,),
    ),
    "rmsprop": Case(
        [dense(5, "tanh"), LAST],
        {
            **{"name": "rmsprop", "learning_rate": 0.02, "decay": 0.1, "rho": 0.8, "epsilon": 1e-3},
            **{"schedule": {"type": "cosine", "updates": 3, "final": 0.1}, "warm_up": 2, "l2": 0.2},
        },
        (6,),
    ),
    "adadelta": Case(
        [dense(5, "tanh"), LAST],
        {"name": "adadelta", "learning_rate": 0.7, "decay": 0.1, "rho": 0.9, "epsilon": 1e-4, "l2": 0.2},
        (6,),
    ),
}
# Published settings: what is not named is the library's own.
STEP, COSINE = {"type": "step", "updates": 5, "factor": 0.5}, {"type": "cosine", "updates": 7}
PUBLISHED: List[Dict[str, Any]] = [
    {"name": "adam", "learning_rate": 0.02, "beta_1": 0.8, "warm_up": 2, "clip_norm": 1.0},
    {"name": "adamw", "learning_rate": 0.02, "weight_decay": 0.1, "schedule": COSINE},
    {"name": "nadam", "learning_rate": 0.02, "decay": 0.01, "warm_up": 2, "clip_norm": 1.0},
    {"name": "adagrad", "learning_rate": 0.1, "decay": 0.01, "schedule": STEP, "l2": 1e-3},
]


FLOAT32_ALONE = ("mxnet",)  # whose own optimisers and clipping refuse other weights
IN_FLOAT32 = ("strides", "pools", "norms of images")
IMAGES = "strides"  # without a batch norm, with which tuned PaddlePaddle does without oneDNN
PUBLISHED_IN_FLOAT32: List[Dict[str, Any]] = [
    *PUBLISHED,
    {"name": "sgd", "learning_rate": 0.05},
    {"name": "sgd", "learning_rate": 0.02, "momentum": 0.9, "l2": 1e-3},
    {"name": "rmsprop", "learning_rate": 0.01},
    {"name": "adadelta", "learning_rate": 1.0},
]


def arrays(case: Case) -> flat_areas.Arrays:
    """Draw rows, labels and weights, from which an activation meets values of both signs, large ones, too."""
    random = np.random.RandomState(5)
    x = random.normal(0, 3, (COUNT, *case.shape)).astype(np.float64)
    shapes = weight_shapes(case.layers, case.shape)
    weights = [random.normal(0, 0.7, shape).astype(np.float32) for shape in shapes]
    return x, np.arange(COUNT) % flat_areas.CLASSES, weights


def training(optimizer: Dict[str, Any]) -> Dict[str, Any]:
    """Make the training of a case, as the config has it."""
    return {**flat_areas.TRAINING, "optimizer": optimizer, "batch_size": COUNT}


def published(name: str, case: Case, optimizer: Dict[str, Any], precision: str) -> Dict[str, List[float]]:
    """Train a case with published settings, and return the losses of each implementation."""
    x, y, _ = arrays(case)
    x = x.astype("float32" if name in FLOAT32_ALONE else precision)
    network = {"layers": case.layers, "parameters": count_parameters(case.layers, case.shape)}
    found = {}
    for implementation, Trainer in registry.framework(name).trainers.items():
        native = Trainer.convert(Rows(x.copy(), y, x[:2].copy(), y[:2], flat_areas.CLASSES, "", ""))
        options = {"seed": 1, "device": "cpu", "settings": "published"}
        trainer = Trainer(network, training(optimizer), native, **options)
        found[implementation] = trainer.first_losses([np.arange(COUNT)] * 8)
    return found


def main() -> None:
    """Print the steps of the framework that the command line names."""
    name, precision = sys.argv[1:]
    registry.module(name).set_up(1, "cpu", precision)
    single = precision == "float32"
    cases = {which: CASES[which] for which in IN_FLOAT32} if single else CASES
    found: Dict[str, Any] = {}
    for which, case in cases.items():
        x, *others = arrays(case)
        rows = (x.astype(precision), *others)
        found[which] = flat_areas.steps(
            name, case.layers, case.shape, rows, training(case.optimizer), count=STEPS
        )
    case = CASES[IMAGES if single else "rmsprop"]
    found["published"] = [
        published(name, case, options, precision)
        for options in (PUBLISHED_IN_FLOAT32 if single else PUBLISHED)
    ]
    found["published norms"] = [published(name, CASES["norms of images"], PUBLISHED[0], precision)]
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main()
