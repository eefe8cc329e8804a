"""Training steps of a Keras model on CNTK, with the running values of matched batch_norms."""

# CNTK is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any, Dict, List, Sequence

from scripts.training.frameworks.trainer import Array


class RunningValues:
    """Those of the matched batch_norms of a model (norms.py), which a step gives with its loss."""

    def __init__(self, model: Any) -> None:
        norms = [layer for layer in model.layers if hasattr(layer, "of_batch")]
        self.layers = [(layer, name) for layer in norms for name in layer.of_batch]
        self.outputs = [layer.of_batch[name].output for layer, name in self.layers]

    def trainer(self, function: Any) -> Any:
        """Give the trainer of a Keras function, made so that it can give these outputs, too."""
        import cntk

        if not self.outputs:
            return function.trainer
        values = cntk.combine([function.loss, *self.outputs])
        return cntk.Trainer(values, (function.loss,), list(function.trainer.parameter_learners))

    def move(self, of_batch: Sequence[Array]) -> None:
        """Move the running values by those of a batch."""
        for (layer, name), new in zip(self.layers, of_batch):
            variable, keep = getattr(layer, name), layer.momentum
            variable.value = keep * variable.value + (1 - keep) * new.reshape(variable.shape)


def let_norms_run(model: Any) -> None:
    """Let fit() move the running values of matched batch_norms, where there are any."""
    running = RunningValues(model)
    if not running.outputs:
        return
    model._make_train_function()
    function = model.train_function
    function.trainer = running.trainer(function)
    function.trainer_output += tuple(running.outputs)

    def step(inputs: List[Any]) -> List[Any]:
        loss, *of_batch = function(inputs)
        running.move(of_batch)
        return [loss]

    model.train_function = step


class Step:
    """A step without Keras: values of CNTK go into its trainer."""

    def __init__(self, model: Any, loss: Any) -> None:
        from keras import backend as K

        weights = model._collected_trainable_weights
        updates = [*model.updates, *model.optimizer.get_updates(params=weights, loss=loss)]
        self.function = K.function([*model.inputs, *model.targets], [loss], updates=updates)
        self.running = RunningValues(model)
        self.trainer = self.running.trainer(self.function)

    def __call__(self, x: Array, y: Array) -> float:
        """Train on one batch, and give its mean loss before the update."""
        import cntk

        places, device = self.function.placeholders, cntk.device.use_default_device()
        values = {place: cntk.Value(array) for place, array in zip(places, (x, y))}
        wanted: Dict[Any, Any] = dict.fromkeys(self.running.outputs)
        train = cntk.cntk_py.Trainer.train_minibatch  # its own in Python looks at everything in every step
        train(self.trainer, values, False, *([wanted] if wanted else []), device)
        self.running.move([wanted[output].asarray() for output in self.running.outputs])
        if self.function.unrelated_updates is not None:  # of Keras's batch_norms, by one more pass
            self.function.unrelated_updates.eval({places[0]: x})
        # A mean already, which CNTK divides by the rows.
        return self.trainer.previous_minibatch_loss_average * len(x)
