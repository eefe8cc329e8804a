"""The libraries of the frameworks and their versions, for pages whose claims hold for these."""

from collections.abc import Iterable

import pins
from paths import ROOT

from scripts.training.frameworks import registry

# Packages that a reader of such a page asks for; the first one gives the framework its name.
LIBRARIES = {
    "tensorflow": ["tensorflow-cpu", "keras"],
    "keras_jax": ["jax", "keras"],
    "keras_torch": ["torch", "keras"],
    "pytorch": ["torch"],
    "theano": ["theano", "keras"],
    "cntk": ["cntk", "keras"],
    "jax": ["jax", "optax"],
    "paddle": ["paddlepaddle"],
    "pytensor": ["pytensor"],
    "mxnet": ["mxnet"],
    "chainer": ["chainer"],
}


def table(frameworks: Iterable[str]) -> str:
    """Return the versions that envs/ pins, as Markdown."""
    rows = ["| | versions |", "| --- | --- |"]
    for name in frameworks:
        pinned = pins.pins(ROOT / "envs" / f"{name}.yaml")
        versions = ", ".join(f"{package} {pinned[package]}" for package in LIBRARIES[name])
        rows.append(f"| {registry.framework(name).label} | {versions} |")
    return "\n".join([*rows, ""])
