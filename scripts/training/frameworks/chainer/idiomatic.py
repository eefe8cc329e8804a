"""Chainer as its documentation shows it: links, SerialIterator, optimiser, the plain loop."""

# Chainer is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

from dataclasses import dataclass
from itertools import chain
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from scripts.training.fold_data import Rows
from scripts.training.frameworks._shared.layouts import canonical, flatten_orders, native, nchw
from scripts.training.frameworks.chainer.layers import links, parameters
from scripts.training.frameworks.chainer.optimizers import make_optimizer
from scripts.training.frameworks.trainer import Array, Order, Part, Trainer, parts_of
from scripts.training.machine import thread_pools
from scripts.training.timing import EpochClock


@dataclass
class Arrays:
    """x: float32, (rows, channels, height, width) or (rows, features); y: int32, (rows,)."""

    x: Array
    y: Array
    x_test: Array
    input_shape: Tuple[int, ...]  # of a row in the prepared data, NHWC


class Idiomatic(Trainer):
    """The documentation's way: a Sequential, a SerialIterator over a TupleDataset, concat_examples()."""

    input_path = "SerialIterator over a TupleDataset of NumPy arrays"

    def __init__(
        self,
        network: Mapping[str, Any],
        training: Mapping[str, Any],
        rows: Arrays,
        *,
        seed: int,
        device: str,
        settings: str,
    ) -> None:
        import chainer
        import numpy as np

        np.random.seed(seed)  # of weights, masks and iterators
        self.options, self.matched = training["optimizer"], settings == "matched"
        made = links(network["layers"], rows.input_shape, self.matched)
        self.counts = [len(some) for some in made]  # of the links and functions of each layer
        self.model = chainer.Sequential(*chain(*made))
        self.parameters = parameters(self.model)
        self.optimizer = make_optimizer(self.model, self.options, self.matched)
        self.batch_size = training["batch_size"]
        self.rows = rows
        self.flattened = flatten_orders(network["layers"], rows.input_shape)
        layout = "NCHW" if len(rows.input_shape) == 3 else "rows of features"
        self.asked = {"compile": "define-by-run", "layout": layout, "input_path": self.input_path}

    @staticmethod
    def convert(rows: Rows) -> Arrays:
        import numpy as np

        x, x_test = nchw(rows.x_train), nchw(rows.x_test)
        return Arrays(x, rows.y_train.astype(np.int32), x_test, rows.x_train.shape[1:])

    def list_layers(self) -> List[List[Part]]:
        import chainer

        def size(part: Any) -> int:
            return sum(weight.size for weight in part.params()) if hasattr(part, "params") else 0

        with chainer.using_config("train", False):
            return parts_of(self.model, self.counts, self.rows.x_test[:1], size)

    def parameter_count(self) -> int:
        return sum(parameter.size for parameter in self.parameters)

    def set_weights(self, arrays: Sequence[Array]) -> None:
        for parameter, array in zip(self.parameters, native(arrays, self.flattened)):
            parameter.array[...] = array

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        x, y = self.rows.x, self.rows.y
        return [float(self._train_step(x[batch], y[batch])) / len(batch) for batch in batches]

    def gradients(self, batch: Array) -> List[Array]:
        self._backward(self.rows.x[batch], self.rows.y[batch])
        return canonical([parameter.grad.copy() for parameter in self.parameters], self.flattened)

    def _backward(self, x: Array, y: Array) -> Any:
        """Compute the gradients of the mean loss, and give that loss: a Variable of no axes."""
        from chainer import functions as F

        loss = F.softmax_cross_entropy(self.model(x), y)
        self.model.cleargrads()
        loss.backward()
        return loss

    def _train_step(self, x: Array, y: Array) -> Any:
        """Train on one batch, and give its summed loss before that: an array of no axes."""
        loss = self._backward(x, y)
        self.optimizer.update()
        return loss.array * len(y)

    def _batches(self, rows: Optional[Array] = None) -> Any:
        """Iterate over the rows of an epoch in this order; None: shuffled."""
        from chainer.datasets import TupleDataset
        from chainer.iterators import SerialIterator

        x, y = self.rows.x, self.rows.y
        dataset = TupleDataset(x, y) if rows is None else TupleDataset(x[rows], y[rows])
        return SerialIterator(dataset, self.batch_size, repeat=False, shuffle=rows is None)

    def step(self) -> None:
        from chainer.dataset import concat_examples

        self._train_step(*concat_examples(next(self._batches())))

    def snapshot(self) -> Any:
        import numpy as np

        return [array.copy() for array in self._arrays()], np.random.get_state()

    def restore(self, state: Any) -> None:
        """Go back to what snapshot() gave, and to an optimiser before its first update."""
        import numpy as np

        arrays, random_state = state
        for array, value in zip(self._arrays(), arrays):
            array[...] = value
        self.optimizer = make_optimizer(self.model, self.options, self.matched)
        np.random.set_state(random_state)

    def _arrays(self) -> List[Array]:
        """List weights and running values of batch_norms."""
        running = [getattr(link, name) for link in self.model.links() for name in link._persistent]
        weights = [parameter.array for parameter in self.parameters]
        return weights + [array for array in running if hasattr(array, "shape")]

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        import numpy as np
        from chainer.dataset import concat_examples

        for epoch in range(epochs):
            # Matched settings: rows are put in order before the clock starts.
            iterator = self._batches(order(epoch)) if order else None
            clock.start()
            total = np.zeros((), self.rows.x.dtype)
            for batch in iterator or self._batches():
                total += self._train_step(*concat_examples(batch))
            clock.stop(lambda total=total: float(total) / len(self.rows.y))

    def predict(self) -> Array:
        import chainer
        import numpy as np
        from chainer import functions as F

        batches = range(0, len(self.rows.x_test), self.batch_size)
        parts = [self.rows.x_test[first : first + self.batch_size] for first in batches]
        with chainer.using_config("train", False), chainer.no_backprop_mode():
            return np.concatenate([F.softmax(self.model(x)).array for x in parts])

    def synchronize(self) -> None:
        """Do nothing: NumPy has finished when it returns."""

    def facts(self) -> Dict[str, Any]:
        import chainer

        return {
            "framework_version": chainer.__version__,
            "threads_reported": thread_pools.report().get("OpenBLAS"),
            "precision": ", ".join({str(parameter.dtype) for parameter in self.parameters}),
            "blas": "OpenBLAS" if "OpenBLAS" in thread_pools.report() else "other",
            "compile": "define-by-run",
            "input_path": self.asked["input_path"],
            "layout": self.asked["layout"],
        }
