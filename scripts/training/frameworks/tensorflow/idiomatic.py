"""TensorFlow as its documentation shows it: Keras 3, compile() and fit()."""

# TensorFlow is not installed where types are checked.
# pyright: reportMissingModuleSource=false

import math
from types import MappingProxyType
from typing import Any, Dict, List, Optional

from scripts.core.network import LEAKY_SLOPE
from scripts.training.frameworks._shared.keras3 import Keras3Trainer
from scripts.training.frameworks.trainer import Array
from scripts.training.machine.thread_pools import unnamed_threads

POOL: Dict[str, Optional[int]] = {"threads": None}  # of the pool that computes, as counted when it started


def start_pool() -> None:
    """Let TensorFlow start its threads, and count them: what it reports is only what it was asked for.

    It names the threads that hand out work, but not those that do it.
    """
    import tensorflow as tf

    before = unnamed_threads()
    tf.config.list_logical_devices("CPU")
    if before is not None:
        # A number now, as it was one before.
        POOL["threads"] = unnamed_threads() - before  # pyright: ignore[reportOptionalOperand]


def gpu_peak_memory_mb(device: str) -> Optional[float]:
    """Ask for the most MiB that tensors of this process have held on the GPU; None on a CPU."""
    import tensorflow as tf

    if device != "gpu":
        return None
    return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**20


# TensorFlow's own keep their constants in float32, whatever x is: matched settings take these.


def leaky_relu(x: Any) -> Any:
    """Compute x, below 0 LEAKY_SLOPE x."""
    import tensorflow as tf

    return tf.where(x > 0, x, tf.constant(LEAKY_SLOPE, x.dtype) * x)


def gelu(x: Any) -> Any:
    """Compute x times the normal distribution of x."""
    import tensorflow as tf

    return x * (1 + tf.math.erf(x * tf.constant(math.sqrt(0.5), x.dtype))) / 2


def gelu_tanh(x: Any) -> Any:
    """Compute the approximation of gelu by the hyperbolic tangent."""
    import tensorflow as tf

    inner = x + tf.constant(0.044715, x.dtype) * x * x * x
    return x * (1 + tf.math.tanh(tf.constant(math.sqrt(2 / math.pi), x.dtype) * inner)) / 2


class Idiomatic(Keras3Trainer):
    """The documentation's way, on TensorFlow: compile() makes a tf.function of the training step."""

    matched_activations = MappingProxyType(
        {"softmax": None, "leaky_relu": leaky_relu, "gelu": gelu, "gelu_tanh": gelu_tanh}
    )

    def gradients(self, batch: Array) -> List[Array]:
        import tensorflow as tf

        x, y = self.rows.x_train[batch], self.rows.one_hot[batch]
        with tf.GradientTape() as tape:
            loss = self.model.compute_loss(x=x, y=y, y_pred=self.model(x, training=True))
        return [g.numpy() for g in tape.gradient(loss, self.model.trainable_variables)]

    def synchronize(self) -> None:
        import tensorflow as tf

        tf.test.experimental.sync_devices()

    def facts(self) -> Dict[str, Any]:
        import tensorflow as tf

        threads, weights = POOL["threads"], self.model.trainable_variables
        return {
            **super().facts(),
            "framework_version": tf.__version__,
            "threads_reported": threads or tf.config.threading.get_intra_op_parallelism_threads(),
            "tf32": tf.config.experimental.tensor_float_32_execution_enabled(),
            "device": ", ".join({device_of(weight.value) for weight in weights}),
            "gpu_peak_memory_mb": gpu_peak_memory_mb(self.device),
        }

    def compile_mode(self) -> str:
        if self.model.run_eagerly:
            return "eager"
        return "XLA" if self.model.jit_compile else "tf.function"


def device_of(tensor: Any) -> str:
    """Give cpu or gpu, from a tensor's `.../device:CPU:0`."""
    return tensor.device.split(":")[-2].lower()
