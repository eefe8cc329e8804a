"""JAX with Optax: functions of arrays, differentiated and compiled."""

from scripts.training.frameworks._shared.xla import matrix_product, set_up
from scripts.training.frameworks.jax.idiomatic import Idiomatic
from scripts.training.frameworks.jax.tuned import Tuned
from scripts.training.frameworks.trainer import Framework

__all__ = ["FRAMEWORK", "matrix_product", "set_up"]

FRAMEWORK = Framework(
    label="JAX",
    colour="#CC79A7",
    line=":",
    marker="D",
    devices=("cpu", "gpu"),
    settings=("published", "matched"),
    trainers={"idiomatic": Idiomatic, "tuned": Tuned},
)
