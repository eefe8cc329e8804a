"""PyTorch, written natively."""

from scripts.training.frameworks._shared.torch_set_up import import_ahead, matrix_product, set_up
from scripts.training.frameworks.pytorch.idiomatic import Idiomatic
from scripts.training.frameworks.pytorch.tuned import Tuned
from scripts.training.frameworks.trainer import Framework

__all__ = ["FRAMEWORK", "import_ahead", "matrix_product", "set_up"]

FRAMEWORK = Framework(
    label="PyTorch",
    colour="#0072B2",
    line="--",
    marker="s",
    devices=("cpu", "gpu"),
    settings=("published", "matched"),
    trainers={"idiomatic": Idiomatic, "tuned": Tuned},
)
