"""MXNet as its documentation shows it: Gluon's blocks, DataLoader and Trainer, the plain loop."""

# MXNet is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

from dataclasses import dataclass
from itertools import chain
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from scripts.training.fold_data import Rows
from scripts.training.frameworks._shared.layouts import canonical, flatten_orders, native, nchw
from scripts.training.frameworks.mxnet.layers import blocks
from scripts.training.frameworks.mxnet.optimizers import clip_and_add_l2, make_optimizer
from scripts.training.frameworks.trainer import Array, Order, Part, Trainer, parts_of
from scripts.training.machine import thread_pools
from scripts.training.timing import EpochClock


@dataclass
class Arrays:
    """x: float32, (rows, channels, height, width) or (rows, features); y: int64, (rows,)."""

    x: Array
    y: Array
    x_test: Array
    input_shape: Tuple[int, ...]  # of a row in the prepared data, NHWC


class Idiomatic(Trainer):
    """The documentation's way: a HybridSequential that is not hybridized, a DataLoader, gluon.Trainer."""

    compile, input_path = "imperative", "DataLoader over an ArrayDataset of NumPy arrays"

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
        from mxnet import gluon

        self.seed, self.options, self.matched = seed, training["optimizer"], settings == "matched"
        self._set_seed()
        made = blocks(network["layers"], rows.input_shape, self.matched)
        self.counts = [len(some) for some in made]  # of the blocks of each layer
        self.model = gluon.nn.HybridSequential()
        self.model.add(*chain(*made))
        self.model.cast(rows.x.dtype)
        self.model.initialize()
        self.loss = gluon.loss.SoftmaxCrossEntropyLoss()
        self.variables = list(self.model.collect_params().values())
        self.parameters = [one for one in self.variables if one.grad_req != "null"]
        self.trainer = self._trainer()
        self.batch_size = training["batch_size"]
        self.rows = rows
        self.loader = self._loader(rows.x, rows.y, shuffle=True)
        self.flattened = flatten_orders(network["layers"], rows.input_shape)
        layout = "NCHW" if len(rows.input_shape) == 3 else "rows of features"
        self.asked = {"compile": self.compile, "layout": layout, "input_path": self.input_path}

    def _set_seed(self) -> None:
        """Seed the generator of weights and masks, and NumPy's, by which Gluon shuffles."""
        import mxnet as mx
        import numpy as np

        mx.random.seed(self.seed)
        np.random.seed(self.seed)

    def _trainer(self) -> Any:
        from mxnet import gluon

        return gluon.Trainer(self.parameters, make_optimizer(self.options, self.matched))

    @staticmethod
    def convert(rows: Rows) -> Arrays:
        x, x_test = nchw(rows.x_train), nchw(rows.x_test)
        return Arrays(x, rows.y_train, x_test, rows.x_train.shape[1:])

    def _loader(self, x: Array, y: Array, shuffle: bool) -> Any:
        from mxnet.gluon.data import ArrayDataset, DataLoader

        return DataLoader(ArrayDataset(x, y), self.batch_size, shuffle=shuffle)

    def list_layers(self) -> List[List[Part]]:
        from mxnet import nd

        def size(block: Any) -> int:
            own = block.collect_params().values()
            return sum(parameter.data().size for parameter in own if parameter.grad_req != "null")

        row = self.rows.x_test[:1]
        return parts_of(self.model, self.counts, nd.array(row, dtype=row.dtype), size)

    def parameter_count(self) -> int:
        return sum(parameter.data().size for parameter in self.parameters)

    def set_weights(self, arrays: Sequence[Array]) -> None:
        for parameter, array in zip(self.parameters, native(arrays, self.flattened)):
            parameter.set_data(array)

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        return [self._train_step(*self._batch(batch)).asscalar() / len(batch) for batch in batches]

    def gradients(self, batch: Array) -> List[Array]:
        self._backward(*self._batch(batch))
        found = [parameter.grad().asnumpy() / len(batch) for parameter in self.parameters]
        return canonical(found, self.flattened)

    def _batch(self, rows: Array) -> Any:
        from mxnet import nd

        return [nd.array(values[rows], dtype=values.dtype) for values in (self.rows.x, self.rows.y)]

    def _backward(self, x: Any, y: Any) -> Any:
        """Compute the gradients of the summed loss, and give the loss of each row."""
        from mxnet import autograd

        with autograd.record():
            losses = self.loss(self.model(x), y)
        losses.backward()
        return losses

    def _train_step(self, x: Any, y: Any) -> Any:
        """Train on one batch, and give its summed loss before that: an NDArray of one number."""
        losses = self._backward(x, y)
        clip_and_add_l2(self.parameters, self.options, len(y), self.matched)
        self.trainer.step(len(y))
        return losses.sum()

    def step(self) -> None:
        self._train_step(*next(iter(self.loader)))

    def snapshot(self) -> Any:
        self._set_seed()
        return [variable.data().copy() for variable in self.variables]

    def restore(self, state: Any) -> None:
        """Go back to what snapshot() gave, and to an optimiser before its first update."""
        for variable, value in zip(self.variables, state):
            variable.set_data(value)
        self.trainer = self._trainer()
        self._set_seed()

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        from mxnet import nd

        for epoch in range(epochs):
            # Matched settings: rows are put in order before the clock starts.
            loader = self._in_order(order(epoch)) if order else self.loader
            clock.start()
            total = nd.zeros(1, dtype=self.rows.x.dtype)
            for x, y in loader:
                total += self._train_step(x, y)
            clock.stop(lambda total=total: total.asscalar() / len(self.rows.y))

    def _in_order(self, rows: Array) -> Any:
        return self._loader(self.rows.x[rows], self.rows.y[rows], shuffle=False)

    def predict(self) -> Array:
        import numpy as np
        from mxnet import nd

        batches = range(0, len(self.rows.x_test), self.batch_size)
        parts = [self.rows.x_test[first : first + self.batch_size] for first in batches]
        return np.concatenate([self.model(nd.array(x, dtype=x.dtype)).softmax().asnumpy() for x in parts])

    def synchronize(self) -> None:
        from mxnet import nd

        nd.waitall()

    def facts(self) -> Dict[str, Any]:
        import mxnet as mx

        has = mx.runtime.Features().is_enabled
        flags = [name for name, value in self.model._flags if value is True]
        layouts = sorted(
            {block._kwargs["layout"] for block in self.model if isinstance(block, mx.gluon.nn.Conv2D)}
        )
        return {
            "framework_version": mx.__version__,
            "threads_reported": thread_pools.report().get("OpenMP"),
            "precision": ", ".join({parameter.data().dtype.__name__ for parameter in self.parameters}),
            "blas": "MKL" if has("BLAS_MKL") else "OpenBLAS" if has("BLAS_OPEN") else "other",
            "onednn": has("MKLDNN"),
            "compile": f"hybridized, {', '.join(flags)}" if self.model._active else "imperative",
            "input_path": self.asked["input_path"],
            "layout": ", ".join(layouts) or self.asked["layout"],
        }
