"""Keras 3 on PyTorch."""

import os

from scripts.training.frameworks._shared import torch_set_up
from scripts.training.frameworks._shared.keras3 import import_keras
from scripts.training.frameworks._shared.torch_set_up import matrix_product
from scripts.training.frameworks.keras_torch.idiomatic import Idiomatic
from scripts.training.frameworks.keras_torch.tuned import Tuned
from scripts.training.frameworks.trainer import Framework

__all__ = ["FRAMEWORK", "matrix_product", "set_up"]

FRAMEWORK = Framework(
    label="Keras (PyTorch)",
    colour="#56B4E9",
    line=(0, (8, 2)),
    marker="P",
    devices=("cpu", "gpu"),
    settings=("published", "matched"),
    trainers={"idiomatic": Idiomatic, "tuned": Tuned},
    keras=True,
    over="pytorch",
)


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Import PyTorch and Keras and set their threads, precision, device and layout.

    Raises RuntimeError if a GPU is asked for and none is seen.
    """
    torch_set_up.set_up(threads, device, precision)
    # Keras would take a Mac's GPU for a run on the CPU.
    os.environ["KERAS_TORCH_DEVICE"] = "cuda" if device == "gpu" else "cpu"
    import_keras("torch", precision)


def import_ahead() -> None:
    """Import PyTorch and Keras, and start nothing."""
    torch_set_up.import_ahead()
    os.environ["KERAS_TORCH_DEVICE"] = "cpu"
    import_keras("torch", "float32")
