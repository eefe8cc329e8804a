"""TensorFlow, through Keras 3."""

import os

from ._keras import KerasTrainer, convert, optimizer_class

__all__ = ["DEVICES", "IMPLEMENTATIONS", "SETTINGS", "Trainer", "convert", "matrix_product", "set_up"]

DEVICES = ("cpu", "gpu")
SETTINGS = ("published",)
IMPLEMENTATIONS = ("idiomatic",)


def set_up(threads, device):
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_tensor_float_32_execution(False)
    if device == "gpu" and not tf.config.list_physical_devices("GPU"):
        raise RuntimeError("TensorFlow sees no GPU: check nvidia-smi and the driver")
    import keras  # noqa: F401  imported here so that its time counts as import


def matrix_product(n, device):
    import tensorflow as tf

    from ..measure import square_matrices

    with tf.device(device):
        a, b = (tf.constant(matrix) for matrix in square_matrices(n))

    def product():
        result = tf.linalg.matmul(a, b)
        tf.test.experimental.sync_devices()
        return result

    return product


class Trainer(KerasTrainer):
    def seed(self, seed):
        import keras

        keras.utils.set_random_seed(seed)

    def optimizer(self, options):
        import keras

        cls = optimizer_class(options.pop("name"))
        decay = options.pop("decay", 0)
        if decay:  # Keras 3 has no `decay`; with decay_steps=1 this is lr / (1 + decay * updates)
            options["learning_rate"] = keras.optimizers.schedules.InverseTimeDecay(
                options["learning_rate"], decay_steps=1, decay_rate=decay
            )
        return cls(**options)

    def _variables(self):
        optimizer = self.model.optimizer
        if not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        return self.model.variables + optimizer.variables

    def snapshot(self):
        return [variable.numpy() for variable in self._variables()]

    def restore(self, state):
        for variable, value in zip(self._variables(), state):
            variable.assign(value)

    def synchronize(self):
        import tensorflow as tf

        tf.test.experimental.sync_devices()

    def facts(self):
        import keras
        import tensorflow as tf

        return {
            "framework_version": tf.__version__,
            "keras": keras.__version__,
            "threads_reported": tf.config.threading.get_intra_op_parallelism_threads(),
            "precision": keras.config.dtype_policy().name,
            "tf32": tf.config.experimental.tensor_float_32_execution_enabled(),
            "jit_compile": bool(self.model.jit_compile),
            "input_path": "NumPy arrays through fit()",
            "layout": "NHWC",
        }
