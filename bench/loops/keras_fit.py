"""Keras 3 as its guides show it, on any backend: a Sequential of layers, compile() and fit().

Without metrics and validation rows, which the product does not ask for either.
"""

# Keras is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any

from scripts.training import fold_data
from scripts.training.session import Session
from scripts.training.timing import EpochClock


def run(opened: Session, clock: EpochClock) -> int:
    """Build the network of MNIST and fit it."""
    import keras
    from keras import layers

    rows = fold_data.load(opened.args.data, opened.args.splits, 0, opened.spec.network["input_scale"])
    labels = keras.utils.to_categorical(rows.y_train, rows.classes)
    keras.utils.set_random_seed(opened.spec.seed)
    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
            layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adadelta(), loss="categorical_crossentropy")
    batch_size = opened.spec.training["batch_size"]
    model.fit(
        rows.x_train,
        labels,
        batch_size=batch_size,
        epochs=clock.epochs,
        verbose=0,
        callbacks=[timed_epochs(clock)],
    )
    return model.count_params()


def timed_epochs(clock: EpochClock) -> Any:
    """Make the callback that starts and stops the clock."""
    from keras.callbacks import Callback

    class TimedEpochs(Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            clock.start()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            clock.stop(lambda: logs["loss"])

    return TimedEpochs()
