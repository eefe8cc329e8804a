"""Networks and training through Keras, the same calls for Keras 3 (TensorFlow) and 2.3.1 (Theano, CNTK)."""

# Keras is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from abc import abstractmethod
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence

from scripts.core.network import given, has_bias, strides
from scripts.training.fold_data import Rows
from scripts.training.frameworks.trainer import Array, Order, Part, Trainer
from scripts.training.timing import EpochClock

Activations = Mapping[Optional[str], Any]  # name in the config, None where there is none: what replaces it

if TYPE_CHECKING:  # for type checkers alone: no part of what is timed

    class OneHotRows(Rows):
        """Rows as convert() gives them: with their labels one-hot, float32, (rows, classes)."""

        one_hot: Array


def keras_layers(layer: Mapping[str, Any], activations: Activations, initializer: str) -> List[Any]:
    """Make the Keras layers of one layer of the config; `activations` replaces some by other ones."""
    from keras import layers

    activation = layer.get("activation")
    activation = activations.get(activation, activation)
    weights = {"activation": activation, "kernel_initializer": initializer, "use_bias": has_bias(layer)}
    known = {
        "conv": lambda: convolution(layer, weights),
        "max_pool": lambda: [layers.MaxPooling2D(layer["size"], strides(layer))],
        "avg_pool": lambda: [layers.AveragePooling2D(layer["size"], strides(layer))],
        "global_avg_pool": lambda: [layers.GlobalAveragePooling2D()],
        "batch_norm": lambda: [layers.BatchNormalization(**given(layer, "momentum", "epsilon"))],
        "dropout": lambda: [layers.Dropout(layer["rate"])],
        "flatten": lambda: [layers.Flatten()],
        "dense": lambda: [layers.Dense(layer["units"], **weights)],
        "activation": lambda: [layers.Activation(activation)],
    }
    return known[layer["type"]]()


def convolution(layer: Mapping[str, Any], weights: Mapping[str, Any]) -> List[Any]:
    """Make a convolution; with larger steps Keras 3's own padding puts more zeros after than before."""
    import keras
    from keras import layers

    step, padding, around = strides(layer), layer["padding"], []
    if step > 1 and padding == "same" and not keras.__version__.startswith("2."):
        around, padding = [layers.ZeroPadding2D((layer["kernel"] - 1) // 2)], "valid"
    options = {"strides": step, "padding": padding, **weights}
    return [*around, layers.Conv2D(layer["filters"], layer["kernel"], **options)]


def layout(image_data_format: str) -> str:
    """Give the layout in the letters of rows (N), channels, height and width."""
    return {"channels_last": "NHWC", "channels_first": "NCHW"}[image_data_format]


def optimizer_class(name: str) -> Any:
    """Give the Keras class of an optimiser of the config."""
    import keras

    classes = {
        **{"adadelta": "Adadelta", "rmsprop": "RMSprop", "sgd": "SGD"},
        **{"adam": "Adam", "adamw": "AdamW", "nadam": "Nadam", "adagrad": "Adagrad"},
    }
    return getattr(keras.optimizers, classes[name])


class KerasTrainer(Trainer):
    """What both versions of Keras share.

    A framework adds the abstract methods below, gradients(), snapshot(), restore() and facts().
    """

    layers_of = staticmethod(keras_layers)
    # Matched settings replace these: the loss takes the logits.
    matched_activations: Activations = MappingProxyType({"softmax": None})

    def __init__(
        self,
        network: Mapping[str, Any],
        training: Mapping[str, Any],
        rows: "OneHotRows",
        *,
        seed: int,
        device: str,
        settings: str,
    ) -> None:
        import keras

        self.device, self.matched = device, settings == "matched"
        self.rows, self.batch_size = rows, training["batch_size"]
        self.seed(seed)
        activations = {**self.own_activations(), **(self.matched_activations if self.matched else {})}
        # Matched weights come from a file: none are drawn, which Theano would compile a program for.
        initializer = "zeros" if self.matched else "glorot_uniform"
        made = [self.layers_of(layer, activations, initializer) for layer in network["layers"]]
        self.counts = [len(some) for some in made]
        layers = [layer for some in made for layer in some]
        self.model = keras.models.Sequential(layers)
        self.model.build((None, *rows.x_train.shape[1:]))
        loss = self.loss_from_logits() if self.matched else training["loss"]
        self.model.compile(optimizer=self.optimizer(dict(training["optimizer"])), loss=loss)

    @staticmethod
    @abstractmethod
    def own_activations() -> Activations:
        """Give functions for the config's names that this Keras lacks, or takes with another constant."""

    @abstractmethod
    def seed(self, seed: int) -> None:
        """Seed everything that is drawn: weights, dropout, the order of the rows."""

    @abstractmethod
    def optimizer(self, options: Dict[str, Any]) -> Any:
        """Make the Keras optimiser of the config's options, which this may change."""

    @abstractmethod
    def loss_from_logits(self) -> Any:
        """Give the mean cross-entropy of one-hot labels and logits, as compile() takes it."""

    @staticmethod
    def convert(rows: Rows) -> "OneHotRows":
        """Add one-hot labels, as categorical cross-entropy wants them; the arrays stay NHWC float32."""
        import keras

        # These Rows become OneHotRows by their new attribute: another object would be another digest.
        rows.one_hot = keras.utils.to_categorical(rows.y_train, rows.classes).astype(rows.x_train.dtype)  # pyright: ignore[reportAttributeAccessIssue]
        return rows  # pyright: ignore[reportReturnType]

    @abstractmethod
    def weight_arrays(self) -> List[Array]:
        """Copy the weights that are trained, without the running values of a batch_norm."""

    def list_layers(self) -> List[List[Part]]:
        left, found = iter(self.model.layers), []
        for parts in self.counts:
            of_layer = []
            for layer in islice(left, parts):
                shape = getattr(layer, "output_shape", None) or layer.output.shape  # Keras 2, or 3
                trained = layer.get_weights()[: len(layer.trainable_weights)]
                output = tuple(int(length) for length in shape[1:])
                count = int(sum(array.size for array in trained))
                of_layer.append(Part(type(layer).__name__, output, count))
            found.append(of_layer)
        return found

    def parameter_count(self) -> int:
        return sum(array.size for array in self.weight_arrays())

    def step(self) -> None:
        few = self.batch_size + len(self.rows.x_train) % self.batch_size
        x, y = self.rows.x_train[:few], self.rows.one_hot[:few]
        self.model.fit(x, y, batch_size=self.batch_size, verbose=0)

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        from keras.callbacks import Callback

        class Epochs(Callback):
            def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
                clock.start()

            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                clock.stop(lambda: logs["loss"])

        def fit(x: Array, y: Array, **options: Any) -> None:
            self.model.fit(x, y, batch_size=self.batch_size, callbacks=[Epochs()], verbose=0, **options)

        if order is None:
            fit(self.rows.x_train, self.rows.one_hot, epochs=epochs)
            return
        for epoch in range(epochs):  # rows are put in order before the clock starts
            rows = order(epoch)
            fit(self.rows.x_train[rows], self.rows.one_hot[rows], shuffle=False)

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        x, y = self.rows.x_train, self.rows.one_hot
        return [float(self.model.train_on_batch(x[batch], y[batch])) for batch in batches]

    def predict(self) -> Array:
        found = self.model.predict(self.rows.x_test, batch_size=self.batch_size, verbose=0)
        return softmax(found) if self.matched else found

    def synchronize(self) -> None:
        """Keras hands every step's loss to the host on CPU: nothing is left running."""


def softmax(logits: Array) -> Array:
    """Give the class probabilities, (rows, classes), of logits of that shape."""
    import numpy as np

    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
