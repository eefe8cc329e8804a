"""Ask a framework's own optimisers for their constants, and train with each of them; print JSON.

Published settings, float64, and constants so large that their place in the formula shows: epsilon, and a
rate that falls.

usage: ENVIRONMENT/bin/python tests/support/optimizer_probe.py FRAMEWORK
"""

import inspect
import json
import sys
from pathlib import Path
from typing import Any, Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
import small_networks
from flat_areas import CLASSES

from scripts.core.network import count_parameters
from scripts.training.fold_data import Rows
from scripts.training.frameworks import registry

CASE = small_networks.CASES["rmsprop"]
ADAM = {"learning_rate": 0.05, "decay": 0.3, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 0.05}
OPTIONS: Dict[str, Dict[str, Any]] = {
    "adam": ADAM,
    "adamw": {**ADAM, "weight_decay": 0.3},
    "nadam": ADAM,
    "adagrad": {"learning_rate": 0.1, "decay": 0.3, "epsilon": 0.05},
    "rmsprop": {"learning_rate": 0.02, "decay": 0.3, "rho": 0.8, "epsilon": 0.05},
    "adadelta": {"learning_rate": 0.7, "decay": 0.3, "rho": 0.9, "epsilon": 0.05},
    "sgd": {"learning_rate": 0.05, "decay": 0.3, "momentum": 0.9, "nesterov": False},
}
OPTIONS["nesterov"] = {**OPTIONS["sgd"], "name": "sgd", "nesterov": True}
WITHOUT_RATE = ("mxnet", "chainer")  # of ADADELTA
STEPS = 5
# Names of classes or functions, and of their arguments, that are the config's in other words.
CLASSES_OF = {
    "pytorch": ("torch.optim", {}),
    "jax": ("optax", {name: name for name in OPTIONS}),
    "paddle": ("paddle.optimizer", {"sgd": "Momentum", "rmsprop": "RMSProp"}),
    "mxnet": ("mxnet.optimizer", {"nesterov": "NAG", "rmsprop": "RMSProp"}),
    "chainer": ("chainer.optimizers", {"sgd": "MomentumSGD", "nesterov": "NesterovAG"}),
}
CLASSES_OF["pytorch"][1]["nadam"] = CLASSES_OF["paddle"][1]["nadam"] = "NAdam"
CLASSES_OF["paddle"][1]["nesterov"] = "Momentum"
CLASSES_OF["jax"][1]["nesterov"] = "sgd"
for others in (CLASSES_OF["mxnet"][1], CLASSES_OF["chainer"][1]):
    others.update({"adadelta": "AdaDelta", "adagrad": "AdaGrad"})
KERAS = {"adam": "Adam", "adamw": "AdamW", "nadam": "Nadam", "adagrad": "Adagrad", "rmsprop": "RMSprop"}
KERAS.update({"adadelta": "Adadelta", "sgd": "SGD", "nesterov": "SGD"})
ARGUMENTS = {"lr": "learning_rate", "eps": "epsilon", "alpha": "rho", "decay": "rho"}
ARGUMENTS.update({"b1": "beta_1", "b2": "beta_2", "beta1": "beta_1", "beta2": "beta_2"})
ARGUMENTS.update({"gamma1": "rho", "weight_decay_rate": "weight_decay"})
ARGUMENTS["schedule_decay"] = "momentum_decay"


def options(framework: str, name: str) -> Dict[str, Any]:
    """Return what the config would say, `name` being the optimiser or nesterov."""
    found = {"name": name, **OPTIONS[name]}
    if name == "adadelta" and framework in WITHOUT_RATE:
        found.update({"learning_rate": 1.0, "decay": 0.0})
    return found


def constants(framework: str, name: str) -> Dict[str, Any]:
    """Return the constants in the signature of a library's optimiser, by the config's names.

    None stands for one that must be given. Empty where the library has no such optimiser.
    """
    import importlib

    if framework == "pytensor":
        return {}
    module, others = CLASSES_OF.get(framework, ("keras.optimizers", {}))
    made = getattr(importlib.import_module(module), others.get(name, KERAS[name]), None)
    if made is None:
        return {}
    found = {}
    for parameter in inspect.signature(made).parameters.values():
        value = None if parameter.default is parameter.empty else parameter.default
        if parameter.name == "betas":
            found.update({"beta_1": value[0], "beta_2": value[1]})
        else:
            found[ARGUMENTS.get(parameter.name, parameter.name)] = value
    if framework in ("theano", "cntk") and made.__name__ != "SGD":  # where it is among further arguments
        found["epsilon"] = made().epsilon
    if name == "nadam" and framework in ("theano", "cntk"):
        found["momentum_decay"] = made().schedule_decay
    if framework == "mxnet":
        found["learning_rate"] = made().lr
    if framework == "chainer" and name in ("adam", "adamw"):
        found["learning_rate"] = found.pop("rho")  # Adam's alpha
    return {key: value for key, value in found.items() if value is None or isinstance(value, (int, float))}


def losses(name: str, optimizer: Dict[str, Any]) -> List[float]:
    """Train the documentation's way with published settings, from given weights; return the losses.

    After a step that is taken back, as every run begins.
    """
    x, y, weights = small_networks.arrays(CASE)
    x = x.astype("float32" if name in small_networks.FLOAT32_ALONE else "float64")
    network = {"layers": CASE.layers, "parameters": count_parameters(CASE.layers, CASE.shape)}
    Trainer = registry.framework(name).trainers["idiomatic"]
    native = Trainer.convert(Rows(x.copy(), y, x[:2].copy(), y[:2], CLASSES, "", ""))
    training = small_networks.training(optimizer)
    trainer = Trainer(network, training, native, seed=1, device="cpu", settings="published")
    trainer.set_weights(weights)
    before = trainer.snapshot()
    trainer.step()
    trainer.restore(before)
    return trainer.first_losses([np.arange(len(y))] * STEPS)


def main() -> None:
    """Print {optimiser: {constants, losses}} of the framework that the command line names."""
    framework = sys.argv[1]
    registry.module(framework).set_up(1, "cpu", "float64")
    found = {
        name: {
            "constants": constants(framework, name),
            "losses": losses(framework, options(framework, name)),
        }
        for name in OPTIONS
    }
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main()
