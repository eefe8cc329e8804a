"""JAX with Optax: functions of arrays, differentiated and compiled."""

# JAX and Optax are not installed where types are checked.
# pyright: reportMissingImports=false

from scripts.training.frameworks._shared import xla
from scripts.training.frameworks._shared.xla import matrix_product
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


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Import JAX and Optax, whose import would otherwise count as building."""
    xla.set_up(threads, device, precision)
    import optax  # noqa: F401
