"""The clock: what is timed, and what is kept outside."""

import gc
import math
import time
from contextlib import contextmanager
from timeit import default_timer
from typing import TYPE_CHECKING, Any, Callable, Iterator, List, Tuple

from scripts.training.fold_data import Array

try:
    import resource
except ImportError:  # Windows
    resource = None

if TYPE_CHECKING:  # for type checkers alone: no part of what is timed
    from typing import Protocol

    class Watch(Protocol):
        """What is read around each epoch: machine.activity.Watch, or nothing."""

        def before(self) -> None:
            """Read the machine just before the clock starts."""

        def after(self) -> None:
            """Read the machine just after the clock has stopped."""


def own_cpu_s() -> float:
    """Read the CPU seconds of this process and of its children that have ended."""
    seconds = time.process_time()
    if resource is not None:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds += children.ru_utime + children.ru_stime
    return seconds


class Stopwatch:
    """Wall seconds of the last `with` block, and those of them in which no processor worked for it."""

    seconds = 0.0
    idle_s = 0.0  # beyond the CPU seconds of this process and its children

    def __enter__(self) -> "Stopwatch":
        self._cpu = own_cpu_s()
        self._start = default_timer()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = default_timer() - self._start
        self.idle_s = max(0.0, self.seconds - (own_cpu_s() - self._cpu))


class Diverged(Exception):
    """The loss is no number any more; the text names the epoch."""


class EpochClock:
    """Times each epoch.

    A framework calls start() before the first step of an epoch and stop() after its last; the device is
    synchronised before every reading, and `loss` is read after it.

    `watch` (machine.activity.Watch) is read just before the clock starts and just after it stops; what that
    and an idle synchronisation take is added up in `own_seconds`.
    """

    def __init__(self, synchronize: Callable[[], None], epochs: int, watch: "Watch") -> None:
        self.synchronize = synchronize
        self.epochs = epochs
        self.watch = watch
        self.seconds: List[float]
        self.cpu_seconds: List[float]
        self.losses: List[float]
        self.seconds, self.cpu_seconds, self.losses = [], [], []
        self.own_seconds = 0.0

    def start(self) -> None:
        """Start the clock, right before the first step of an epoch."""
        before = default_timer()
        self.synchronize()
        self.watch.before()
        self._cpu = time.process_time()
        self._wall = default_timer()
        self.own_seconds += self._wall - before

    def stop(self, loss: Callable[[], float]) -> None:
        """Stop the clock, then ask for the epoch's mean loss: `loss` is a function that gives it.

        Raises Diverged if it is not finite: what follows would be time spent for nothing.
        """
        self.synchronize()
        stopped = default_timer()
        self.seconds.append(stopped - self._wall)
        self.cpu_seconds.append(time.process_time() - self._cpu)
        self.watch.after()
        self.own_seconds += default_timer() - stopped
        self.losses.append(float(loss()))
        done, left = len(self.seconds), self.epochs - len(self.seconds)
        if not math.isfinite(self.losses[-1]):
            raise Diverged(f"the loss is {self.losses[-1]} in epoch {done} of {self.epochs}: it diverged")
        print(
            f"epoch {done}/{self.epochs}  loss {self.losses[-1]:.4f}  {self.seconds[-1]:.2f} s"
            f"  (about {left * sum(self.seconds) / done:.0f} s left)",
            flush=True,
        )


@contextmanager
def quiet_garbage_collector() -> Iterator[None]:
    """Collect garbage now and keep the collector off meanwhile."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def compile_seconds(trainer: Any) -> Tuple[float, float]:
    """Time what the first training step of a Trainer costs beyond the second.

    Returns these seconds, and those of the first step in which no processor worked for it. Weights and
    optimiser are restored afterwards.
    """
    state = trainer.snapshot()
    first, second = Stopwatch(), Stopwatch()
    with first:
        trainer.step()
        trainer.synchronize()
    with second:
        trainer.step()
        trainer.synchronize()
    trainer.restore(state)
    return max(0.0, first.seconds - second.seconds), first.idle_s


MATRIX_SIZE = {"cpu": 1024, "gpu": 4096}  # of the calibration: enough work to fill the device
LEAST_TIMES, LEAST_S = 3, 0.2


def square_matrices(n: int) -> List[Array]:
    """Give the two factors of the calibration: float32, (n, n), always the same."""
    import numpy as np

    random = np.random.RandomState(0)
    return [random.rand(n, n).astype(np.float32) for _ in range(2)]


def calibration_gflops(product: Callable[[], Any], n: int) -> float:
    """Measure the billions of floating-point operations a second of `product()`.

    It multiplies two n x n matrices and waits for the end. The best of several counts, after one to warm
    up: what the machine can do.
    """
    product()
    watch, found = Stopwatch(), []
    while len(found) < LEAST_TIMES or sum(found) < LEAST_S:
        with watch:
            product()
        found.append(watch.seconds)
    return 2 * n**3 / min(found) / 1e9
