"""TensorFlow, through Keras 3."""

# TensorFlow is not installed where types are checked.
# pyright: reportMissingModuleSource=false

import os
from typing import Any, Callable

from scripts.training.frameworks._shared.keras3 import import_keras
from scripts.training.frameworks.tensorflow.idiomatic import Idiomatic, start_pool
from scripts.training.frameworks.tensorflow.tuned import Tuned
from scripts.training.frameworks.trainer import Framework

FRAMEWORK = Framework(
    label="TensorFlow",
    colour="#E69F00",
    line="-",
    marker="o",
    devices=("cpu", "gpu"),
    settings=("published", "matched"),
    trainers={"idiomatic": Idiomatic, "tuned": Tuned},
    keras=True,
)


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Import TensorFlow and Keras and set their threads, precision and layout.

    Raises RuntimeError if a GPU is asked for and none is seen.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_tensor_float_32_execution(False)
    if device == "gpu":
        gpus = tf.config.list_physical_devices("GPU")
        if not gpus:
            raise RuntimeError("TensorFlow sees no GPU: check nvidia-smi and the driver")
        for gpu in gpus:  # it would take all of its memory at once: nobody saw how much a run needs
            tf.config.experimental.set_memory_growth(gpu, True)
        tf.config.list_logical_devices("GPU")  # which starts it, as JAX does where it is imported
    else:
        start_pool()
    import_keras("tensorflow", precision)


def import_ahead() -> None:
    """Import TensorFlow and Keras, and start no pool of threads."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf  # noqa: F401

    import_keras("tensorflow", "float32")


def matrix_product(n: int, device: str) -> Callable[[], Any]:
    """Give the function that multiplies the matrices of the calibration."""
    import tensorflow as tf

    from scripts.training.timing import square_matrices

    with tf.device(device):
        a, b = (tf.constant(matrix) for matrix in square_matrices(n))

    def product() -> Any:
        result = tf.linalg.matmul(a, b)
        tf.test.experimental.sync_devices()
        return result

    return product
