"""Show the layers of the networks of a config: output shapes, parameters and multiply-adds.

    python scripts network --configfile mine.yaml [NAME ...]

They are by our own arithmetic. Every framework must count as many parameters, or its runs are refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.core.errors import UserError
from scripts.core.network import NetworkError, count_parameters, has_bias, multiply_adds, shapes, strides
from scripts.core.text import aligned
from scripts.data.known_datasets import with_own
from scripts.workflow import targets
from scripts.workflow.config import of_own
from scripts.workflow.config.validate import validate
from scripts.workflow.on_demand.config_files import config_of, options


def main() -> None:
    """Print the networks of the datasets that the command line names, or of all that the config trains."""
    args = options(__doc__, "those of the config")
    config = config_of(args.configfile)
    if args.names:
        config["datasets"] = args.names
    facts = with_own(of_own.entries(config), targets.SHARED[1])
    validate(config, facts, args.configfile)
    print("\n\n".join(described(name, config["networks"][name], facts[name]) for name in config["datasets"]))


def described(name: str, network: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Return the layers of a network, a line each. Raises UserError where the data are not prepared yet."""
    if not facts["shape"]:
        raise UserError(f"{name}: its shape is known once it is prepared: snakemake --cores 1 inputs")
    layers, shape = network["layers"], tuple(facts["shape"])
    try:
        outputs, adds = shapes(layers, shape), multiply_adds(layers, shape)
    except NetworkError as error:
        raise UserError(f"networks.{name}: {error}") from None
    lines = [["layer", "output", "parameters", "multiply-adds"], ["input", written(shape), "", ""]]
    for place, layer in enumerate(layers):
        before = outputs[place - 1] if place else shape
        own = count_parameters([layer], before)
        lines.append([words(layer), written(outputs[place]), f"{own:,}", f"{adds[place]:,}"])
    lines.append(["all", "", f"{count_parameters(layers, shape):,}", f"{sum(adds):,}"])
    head = f"{name}: {facts['rows']:,} rows of {written(shape)}, {facts['classes']} classes"
    return "\n".join([head, *(f"  {line}" for line in aligned(lines, 2))])


def written(shape: Sequence[int]) -> str:
    """Return a shape as `26 x 26 x 32`."""
    return " x ".join(map(str, shape))


def words(layer: Mapping[str, Any]) -> str:
    """Return a layer as `conv 32, 3 x 3, valid, relu`."""
    kind, size, step = layer["type"], layer.get("kernel") or layer.get("size"), strides(layer)
    parts = [f"{kind} {layer[key]:g}" for key in ("filters", "units", "rate") if key in layer] or [kind]
    if size:
        parts.append(f"{size} x {size}")
        parts += [f"strides {step}"] if step != layer.get("size", 1) else []
    parts += [layer["padding"]] if "padding" in layer else []
    parts += ["no bias"] if not has_bias(layer) else []
    parts += [layer["activation"]] if "activation" in layer else []
    return ", ".join(parts)
