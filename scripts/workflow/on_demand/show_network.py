"""Show the layers of the networks of a config: output shapes, parameters, multiply-adds, and what they need.

    python scripts network --configfile mine.yaml [NAME ...]

They are by our own arithmetic. Every framework must count as many parameters, or its runs are refused.
How long training takes depends on machine and framework: snakemake plan measures it, and sets what each
framework made of the layers beside them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.core import commands
from scripts.core.errors import UserError
from scripts.core.network import (
    Layers,
    NetworkError,
    count_parameters,
    multiply_adds,
    product,
    shapes,
)
from scripts.core.paths import ROOT
from scripts.core.text import aligned, layer_words, many, shape_words, volume
from scripts.data.known_datasets import with_own
from scripts.workflow import targets
from scripts.workflow.config import of_own
from scripts.workflow.config.validate import validate
from scripts.workflow.on_demand.config_files import config_of, options

FLOAT32 = 4  # bytes


def main() -> None:
    """Print the networks of the datasets that the command line names, or of all that the config trains."""
    args = options(__doc__, "those of the config")
    config = config_of(args.configfile)
    if args.names:
        config["datasets"] = args.names
    facts = with_own(of_own.entries(config), targets.SHARED[1])
    validate(config, facts, args.configfile)
    unprepared = [name for name in config["datasets"] if not facts[name]["shape"]]
    if unprepared:
        folder = targets.SHARED[1]
        files = " ".join(f"{folder}/{name}/x.npy" for name in unprepared)
        words = [f"--configfile {' '.join(map(commands.typed, args.configfile))}"] if args.configfile else []
        command = [commands.typed(ROOT / ".venv/bin/snakemake"), "--cores 1", files, *words]
        raise UserError(
            f"{', '.join(unprepared)}: shapes are known once the data are prepared: {' '.join(command)}"
        )
    print("\n\n".join(page(name, config, facts[name]) for name in config["datasets"]))


def page(name: str, config: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Return the layers of a dataset's network, and what it takes to train it."""
    network, training = config["networks"][name], config["training"][name]
    lines = [described(name, network, facts), *needs(network["layers"], training, facts["shape"])]
    return "\n".join(lines)


def described(name: str, network: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Return the layers of a network, a line each. Raises UserError where it does not fit the data."""
    layers, shape = network["layers"], tuple(facts["shape"])
    try:
        outputs, adds = shapes(layers, shape), multiply_adds(layers, shape)
    except NetworkError as error:
        raise UserError(f"networks.{name}: {error}") from None
    lines = [["layer", "output", "parameters", "multiply-adds"], ["input", shape_words(shape), "", ""]]
    for place, layer in enumerate(layers):
        before = outputs[place - 1] if place else shape
        own = count_parameters([layer], before)
        lines.append([layer_words(layer), shape_words(outputs[place]), f"{own:,}", f"{adds[place]:,}"])
    lines.append(["all", "", f"{count_parameters(layers, shape):,}", f"{sum(adds):,}"])
    head = f"{name}: {facts['rows']:,} rows of {shape_words(shape)}, {facts['classes']} classes"
    return "\n".join([head, *(f"  {line}" for line in aligned(lines, 2))])


def needs(layers: Layers, training: Mapping[str, Any], shape: Sequence[int]) -> list[str]:
    """Return what a step needs at least, in float32: memory and multiply-adds.

    A framework that keeps nothing twice holds weights, gradients, the optimiser's state, and the output of
    each layer for the way back, which is twice the work: by the weights, and by the inputs.
    """
    optimizer, rows = training["optimizer"], training["batch_size"]
    known = {"sgd": 1 if optimizer.get("momentum") else 0, "rmsprop": 1, "adagrad": 1}
    states = known.get(optimizer["name"], 2)
    weights = FLOAT32 * count_parameters(layers, shape)
    values = FLOAT32 * rows * (product(shape) + sum(product(one) for one in shapes(layers, shape)))
    adds = 3 * rows * sum(multiply_adds(layers, shape))
    return [
        f"  {optimizer['name']} keeps {volume((2 + states) * weights)}: weights"
        + (f", gradients and {many(states, 'value')} for each" if states else " and gradients"),
        f"  a batch of {rows} rows: {volume(values)} of inputs and outputs,"
        f" {adds:.3g} multiply-adds there and back",
    ]
