"""Keras 2.3.1 on Theano, as its documentation showed it: Sequential(), add(), compile() and fit().

Without metrics and validation rows, which the product does not ask for either.
"""

# Keras is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from bench.loops.keras_fit import timed_epochs
from scripts.training import fold_data
from scripts.training.session import Session
from scripts.training.timing import EpochClock


def run(opened: Session, clock: EpochClock) -> int:
    """Build the network of MNIST and fit it."""
    import keras
    import numpy as np
    from keras.layers import (  # pyright: ignore[reportMissingImports]
        Conv2D,
        Dense,
        Dropout,
        Flatten,
        MaxPooling2D,
    )
    from keras.models import Sequential  # pyright: ignore[reportMissingImports]

    rows = fold_data.load(opened.args.data, opened.args.splits, 0, opened.spec.network["input_scale"])
    labels = keras.utils.to_categorical(rows.y_train, rows.classes)
    np.random.seed(opened.spec.seed)
    model = Sequential()
    model.add(Conv2D(32, kernel_size=(3, 3), activation="relu", input_shape=(28, 28, 1)))
    model.add(Conv2D(64, kernel_size=(3, 3), activation="relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dropout(0.25))
    model.add(Flatten())
    model.add(Dense(128, activation="relu"))
    model.add(Dropout(0.5))
    model.add(Dense(10, activation="softmax"))
    model.compile(optimizer=keras.optimizers.Adadelta(), loss=keras.losses.categorical_crossentropy)
    batch_size = opened.spec.training["batch_size"]
    model.fit(
        rows.x_train,
        labels,
        batch_size=batch_size,
        epochs=clock.epochs,
        verbose=0,
        callbacks=[timed_epochs(clock)],
    )
    return int(model.count_params())
