"""Keras 3, on the backend that is set up."""

from typing import Any, Callable

import keras
import numpy as np

from own_layers.made import Array, Made


def gradient(function: Callable[[Any], Any], x: Array) -> Array:
    """Return the gradient of the sum of what a function gives, by the backend."""
    backend = keras.backend.backend()
    if backend == "jax":
        from own_layers import of_jax

        return of_jax.gradient(function, x)
    if backend == "torch":
        from own_layers import of_pytorch

        return of_pytorch.gradient(function, x)
    import tensorflow as tf

    values = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(values)
        total = tf.reduce_sum(function(values))
    return tape.gradient(total, values).numpy()


def relu_gradient(x: Array) -> Array:
    return gradient(keras.activations.relu, x)


def max_pool_gradient(x: Array) -> Array:
    return gradient(keras.layers.MaxPooling2D(2), x[None, :, :, None])[0, :, :, 0]


def leaky_relu(x: Array) -> Array:
    return numbers(keras.activations.leaky_relu(keras.ops.convert_to_tensor(x)))


def gelu(x: Array) -> Array:
    return numbers(keras.activations.gelu(keras.ops.convert_to_tensor(x)))


def conv(channels: int, filters: int, size: int, padding: str, strides: int) -> Made:
    return made(keras.layers.Conv2D(filters, size, strides=strides, padding=padding), (None, 8, 8, channels))


def dense(inputs: int, units: int) -> Made:
    return made(keras.layers.Dense(units), (None, inputs))


def made(layer: Any, shape: tuple) -> Made:
    """Draw the weights of a layer."""
    layer.build(shape)
    kernel, bias = (numbers(variable) for variable in layer.weights)
    return Made(lambda x: numbers(layer(x)), kernel, bias)


def batch_norm(features: int) -> Callable[[Array], tuple]:
    layer = keras.layers.BatchNormalization()
    layer.build((None, features))

    def call(x: Array) -> tuple:
        given = numbers(layer(x, training=True))
        return given, numbers(layer.moving_mean), numbers(layer.moving_variance)

    return call


def dropout(x: Array, rate: float) -> Array:
    return numbers(keras.layers.Dropout(rate)(x, training=True))


def cross_entropy(values: Array) -> float:
    label = np.eye(len(values), dtype=values.dtype)[:1]
    return float(keras.losses.CategoricalCrossentropy()(label, values[None]))


def numbers(tensor: Any) -> Array:
    """Bring a tensor or a variable to NumPy."""
    return np.array(keras.ops.convert_to_numpy(tensor))


def adam_step(weight: float, gradient: float, decay: float) -> float:
    variable = keras.Variable([weight])
    optimizer = keras.optimizers.Adam(0.1, weight_decay=decay)
    optimizer.apply([keras.ops.convert_to_tensor([gradient])], [variable])
    return float(numbers(variable)[0])


def clipped(gradients: list, norm: float) -> list:
    variables = [keras.Variable(np.zeros_like(gradient)) for gradient in gradients]
    optimizer = keras.optimizers.SGD(1.0, global_clipnorm=norm)
    optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients], variables)
    return [-numbers(variable) for variable in variables]
