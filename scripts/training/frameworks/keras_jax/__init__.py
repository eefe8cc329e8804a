"""Keras 3 on JAX."""

from scripts.training.frameworks._shared import xla
from scripts.training.frameworks._shared.keras3 import import_keras
from scripts.training.frameworks._shared.xla import matrix_product
from scripts.training.frameworks.keras_jax.idiomatic import Idiomatic
from scripts.training.frameworks.keras_jax.tuned import Tuned
from scripts.training.frameworks.trainer import Framework

__all__ = ["FRAMEWORK", "matrix_product", "set_up"]

FRAMEWORK = Framework(
    label="Keras (JAX)",
    colour="#D55E00",
    line=(0, (6, 1, 1, 1, 1, 1)),
    marker="v",
    devices=("cpu", "gpu"),
    settings=("published", "matched"),
    trainers={"idiomatic": Idiomatic, "tuned": Tuned},
    keras=True,
    over="jax",
)


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Import JAX and Keras and set their threads, precision, device and layout.

    Raises RuntimeError if a GPU is asked for and none is seen.
    """
    xla.set_up(threads, device, precision)
    import_keras("jax", precision)
