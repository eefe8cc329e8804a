"""TensorFlow as its documentation shows it: Keras 3, compile() and fit()."""

# TensorFlow is not installed where types are checked.
# pyright: reportMissingModuleSource=false

from types import MappingProxyType
from typing import Any, Dict, List, Optional

from scripts.training.frameworks._shared.keras import KerasTrainer, layout, optimizer_class
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


def rmsprop_with_epsilon_outside() -> Any:
    """Make an RMSprop that divides by sqrt(a) + epsilon, as all others do; Keras 3 by sqrt(a + epsilon)."""
    import keras
    from keras import ops

    class RMSprop(keras.optimizers.RMSprop):
        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            mean_square = self._velocities[self._get_variable_index(variable)]
            self.assign(mean_square, self.rho * mean_square + (1 - self.rho) * ops.square(gradient))
            self.assign_sub(variable, learning_rate * gradient / (ops.sqrt(mean_square) + self.epsilon))

    return RMSprop


def inverse_time_decay(rate: float, decay: float) -> Any:
    """Make the schedule rate / (1 + decay * updates) in the network's precision; Keras's own is float32."""
    import keras
    from keras import ops

    class InverseTimeDecay(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step: Any) -> Any:
            first, slope = (ops.convert_to_tensor(x, keras.config.floatx()) for x in (rate, decay))
            return first / (1 + slope * ops.cast(step, first.dtype))

        def get_config(self) -> Dict[str, float]:
            return {"rate": rate, "decay": decay}

    return InverseTimeDecay()


class Idiomatic(KerasTrainer):
    """The documentation's way: a Sequential model, compile(), fit() on NumPy arrays."""

    asked = MappingProxyType({"compile": None, "layout": "NHWC", "input_path": "NumPy arrays through fit()"})

    def seed(self, seed: int) -> None:
        import keras

        keras.utils.set_random_seed(seed)

    def optimizer(self, options: Dict[str, Any]) -> Any:
        import keras
        import numpy as np

        name = options.pop("name")
        cls = optimizer_class(name)
        if self.matched and name == "rmsprop":
            cls = rmsprop_with_epsilon_outside()
        decay = options.pop("decay", 0)
        if self.matched:
            options["learning_rate"] = inverse_time_decay(options["learning_rate"], decay)
            if "momentum" in options:  # Keras makes a plain float a float32 first, also for float64
                options["momentum"] = np.float64(options["momentum"])
        elif decay:  # Keras 3 has no `decay`; with decay_steps=1 this is lr / (1 + decay * updates)
            options["learning_rate"] = keras.optimizers.schedules.InverseTimeDecay(
                options["learning_rate"], decay_steps=1, decay_rate=decay
            )
        return cls(**options)

    def loss_from_logits(self) -> Any:
        import keras

        return keras.losses.CategoricalCrossentropy(from_logits=True)

    def gradients(self, batch: Array) -> List[Array]:
        import tensorflow as tf

        x, y = self.rows.x_train[batch], self.rows.one_hot[batch]
        with tf.GradientTape() as tape:
            loss = self.model.compute_loss(x=x, y=y, y_pred=self.model(x, training=True))
        return [g.numpy() for g in tape.gradient(loss, self.model.trainable_variables)]

    def _variables(self) -> List[Any]:
        optimizer = self.model.optimizer
        if not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        return self.model.variables + optimizer.variables

    def snapshot(self) -> Any:
        return [variable.numpy() for variable in self._variables()]

    def restore(self, state: Any) -> None:
        for variable, value in zip(self._variables(), state):
            variable.assign(value)

    def synchronize(self) -> None:
        import tensorflow as tf

        tf.test.experimental.sync_devices()

    def facts(self) -> Dict[str, Any]:
        import keras
        import tensorflow as tf

        threads, weights = POOL["threads"], self.model.trainable_variables
        return {
            "framework_version": tf.__version__,
            "keras": keras.__version__,
            "threads_reported": threads or tf.config.threading.get_intra_op_parallelism_threads(),
            "precision": ", ".join({weight.dtype for weight in weights}),
            "tf32": tf.config.experimental.tensor_float_32_execution_enabled(),
            "device": ", ".join({device_of(weight.value) for weight in weights}),
            "compile": self.compile_mode(),
            "input_path": self.asked["input_path"],
            "layout": layout(keras.config.image_data_format()),
            "gpu_peak_memory_mb": gpu_peak_memory_mb(self.device),
        }

    def compile_mode(self) -> str:
        """Read how the training step is compiled."""
        if self.model.run_eagerly:
            return "eager"
        return "XLA" if self.model.jit_compile else "tf.function"


def device_of(tensor: Any) -> str:
    """Give cpu or gpu, from a tensor's `.../device:CPU:0`."""
    return tensor.device.split(":")[-2].lower()
