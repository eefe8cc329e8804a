"""The contract of a framework: what its folder has, and what its trainers do.

A framework is a folder next to this file. Its `__init__.py` is imported by the workflow too, to learn what
the framework can do; so it imports its framework, and NumPy, only inside functions. It has

    FRAMEWORK                            its Framework
    set_up(threads, device, precision)   sets the environment, imports the framework, sets its threads;
                                         precision is float32, or float64 for the parity certificate
    import_ahead()                       on a CPU, imports what set_up() imports and starts no thread, so that
                                         folds of one kind of run can be forks of one process; left out where
                                         the import is too quick to be worth it
    matrix_product(n, device)            a function without arguments that multiplies the two matrices of
                                         timing.square_matrices(n), waits for the end and gives the result
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import islice
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Type,
    Union,
)

from scripts.training.fold_data import Array, Rows
from scripts.training.timing import EpochClock

Order = Callable[[int], Array]  # of an epoch (0, 1, ...): the order of its rows, int64, (rows,)
LineStyle = Union[str, Tuple[int, Tuple[int, ...]]]  # as Matplotlib takes it


class Part(NamedTuple):
    """What a library makes of a layer of the config, or of a part of it."""

    name: str  # the library's own
    output: Tuple[int, ...]  # shape without the rows, in the library's layout
    parameters: int  # trainable ones


def parts_of(
    modules: Iterable[Any], counts: Sequence[int], x: Any, size: Callable[[Any], int]
) -> List[List[Part]]:
    """Call modules one after the other on rows x, and list them by layer of the config.

    `counts` are those of the modules of each layer, `size` counts the trainable parameters of one.
    """
    found, left = [], iter(modules)
    for count in counts:
        of_layer = []
        for module in islice(left, count):
            x, function = module(x), getattr(module, "func", module)  # of a functools.partial
            name = getattr(function, "__name__", type(function).__name__)
            of_layer.append(Part(name, tuple(int(length) for length in x.shape[1:]), size(module)))
        found.append(of_layer)
    return found


class Trainer(ABC):
    """One implementation of a framework: builds a network on the rows of one run and trains it.

    With `matched` settings the optimiser's constants are all given, and the loss is taken from the logits.
    Only a framework that lists them needs set_weights(), first_losses() and gradients().
    """

    # Those of facts() (compile, layout, input_path) that this Trainer asks for; None: left to the library.
    asked: Mapping[str, Optional[str]]

    @abstractmethod
    def __init__(
        self,
        network: Mapping[str, Any],
        training: Mapping[str, Any],
        rows: Any,
        *,
        seed: int,
        device: str,
        settings: str,
    ) -> None:
        """Build network, loss and optimiser, as the config names them; `rows` are those of convert()."""

    @staticmethod
    @abstractmethod
    def convert(rows: Rows) -> Any:
        """Bring the rows into the form that this Trainer works on. What is done here counts as loading."""

    @abstractmethod
    def parameter_count(self) -> int:
        """Count the trainable parameters, as the framework does."""

    @abstractmethod
    def step(self) -> None:
        """Take one training step on the path of train().

        Where a smaller last batch is another program, also one of that size.
        """

    @abstractmethod
    def snapshot(self) -> Any:
        """Copy weights, running values of batch_norm, optimiser and random state.

        Theano's dropout masks go on: their generator lives in the compiled program.
        """

    @abstractmethod
    def restore(self, state: Any) -> None:
        """Go back to what snapshot() gave."""

    @abstractmethod
    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        """Train so many epochs on all rows, the last batch of each perhaps smaller.

        clock.start() and clock.stop(loss) go around each epoch, and nothing else is between them; `loss` is a
        function that gives the epoch's mean loss as a float. Rows are put in the order of `order` before the
        clock starts; None: the framework shuffles them by itself, which is timed.
        """

    @abstractmethod
    def predict(self) -> Array:
        """Give the class probabilities of the test rows: float32, (rows, classes)."""

    @abstractmethod
    def synchronize(self) -> None:
        """Wait until the device has finished."""

    @abstractmethod
    def facts(self) -> Dict[str, Any]:
        """Read back what is really used.

        framework_version and threads_reported (may be None), precision, compile, layout, input_path; and,
        where there are such, device, tf32, blas, gpu_peak_memory_mb (MiB), lock_wait_s (waiting for
        other processes to leave the compiler's cache).
        """

    def list_layers(self) -> List[List[Part]]:
        """List what the library made of each layer of the config; empty where it knows no layers.

        It is asked of the idiomatic implementation, after training.
        """
        return []

    def set_weights(self, arrays: Sequence[Array]) -> None:
        """Set the initial weights: float32, in the canonical layout and order of initial_weights.py."""
        raise NotImplementedError("matched settings")

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        """Train on these batches by the path of train(), and give the mean loss of each before its update.

        A batch is an array of row numbers: int64, (rows,).
        """
        raise NotImplementedError("matched settings")

    def gradients(self, batch: Array) -> List[Array]:
        """Give the gradients of the mean loss of one batch (row numbers) without an update of the weights.

        They have the canonical layout and order of the weights. Running values of a batch_norm may change.
        """
        raise NotImplementedError("matched settings")


@dataclass(frozen=True)
class Framework:
    """What is known of a framework without importing it, in the words of the config."""

    label: str  # its name as readers see it
    colour: str  # of its lines and bars, #RRGGBB; figures/style.py lists those that are free
    line: LineStyle
    marker: str
    devices: Tuple[str, ...]
    settings: Tuple[str, ...]
    trainers: Mapping[str, Type[Trainer]]  # of each implementation
    # It keeps what it compiles on disk, in the folder that its module's compile_cache() gives.
    compile_cache: bool = False
    keras: bool = False  # its networks are built and trained through Keras
    retired: Optional[int] = None  # the year in which its makers ended their work on it
    # The framework of ours that it computes with: Keras has several.
    over: Optional[str] = None
