"""Networks and training through Keras, the same calls for Keras 3 (TensorFlow) and 2.3.1 (Theano)."""


def convert(rows):
    """One-hot labels, as categorical cross-entropy wants them; the arrays stay NHWC float32."""
    import keras

    rows.one_hot = keras.utils.to_categorical(rows.y_train, rows.classes).astype("float32")
    return rows


def keras_layer(layer):
    """The Keras layer of one layer of the config."""
    from keras import layers

    kind = layer["type"]
    if kind == "conv":
        return layers.Conv2D(
            layer["filters"],
            layer["kernel"],
            padding=layer["padding"],
            activation=layer["activation"],
        )
    if kind == "max_pool":
        return layers.MaxPooling2D(layer["size"])
    if kind == "dropout":
        return layers.Dropout(layer["rate"])
    if kind == "flatten":
        return layers.Flatten()
    return layers.Dense(layer["units"], activation=layer["activation"])


def optimizer_class(name):
    import keras

    classes = {"adadelta": "Adadelta", "rmsprop": "RMSprop", "sgd": "SGD"}
    return getattr(keras.optimizers, classes[name])


class KerasTrainer:
    """What both Kerases share. A framework adds seed(), optimizer(), snapshot(), restore() and facts()."""

    def __init__(self, network, training, rows, seed, device):
        import keras

        self.rows, self.batch_size = rows, training["batch_size"]
        self.seed(seed)
        self.model = keras.models.Sequential([keras_layer(layer) for layer in network["layers"]])
        self.model.build((None, *rows.x_train.shape[1:]))
        self.model.compile(optimizer=self.optimizer(dict(training["optimizer"])), loss=training["loss"])

    def parameter_count(self):
        return int(self.model.count_params())

    def step(self):
        few = self.batch_size + len(self.rows.x_train) % self.batch_size
        x, y = self.rows.x_train[:few], self.rows.one_hot[:few]
        self.model.fit(x, y, batch_size=self.batch_size, verbose=0)

    def train(self, epochs, clock):
        from keras.callbacks import Callback

        class Epochs(Callback):
            def on_epoch_begin(self, epoch, logs=None):
                clock.start()

            def on_epoch_end(self, epoch, logs=None):
                clock.stop(lambda: logs["loss"])

        self.model.fit(
            self.rows.x_train,
            self.rows.one_hot,
            batch_size=self.batch_size,
            epochs=epochs,
            callbacks=[Epochs()],
            verbose=0,
        )

    def predict(self):
        return self.model.predict(self.rows.x_test, batch_size=self.batch_size, verbose=0)

    def synchronize(self):
        """Keras hands every step's loss to the host on CPU: nothing is left running."""
