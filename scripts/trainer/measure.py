"""The clock: what is timed, what is kept outside, and what the machine did meanwhile."""

import gc
import os
import time
from contextlib import contextmanager
from timeit import default_timer

try:
    import resource
except ImportError:  # Windows
    resource = None


class Stopwatch:
    """Wall seconds of the last `with` block."""

    seconds = 0.0

    def __enter__(self):
        self._start = default_timer()
        return self

    def __exit__(self, *_):
        self.seconds = default_timer() - self._start


class EpochClock:
    """Times each epoch. A framework calls start() before the first step of an epoch and stop() after
    its last; the device is synchronised before every reading, and `loss` is read after it."""

    def __init__(self, synchronize, epochs):
        self.synchronize = synchronize
        self.epochs = epochs
        self.seconds, self.cpu_seconds, self.losses = [], [], []

    def start(self):
        self.synchronize()
        self._cpu = time.process_time()
        self._wall = default_timer()

    def stop(self, loss):
        """`loss` is a function without arguments that gives the epoch's mean loss as a float."""
        self.synchronize()
        self.seconds.append(default_timer() - self._wall)
        self.cpu_seconds.append(time.process_time() - self._cpu)
        self.losses.append(float(loss()))
        done, left = len(self.seconds), self.epochs - len(self.seconds)
        print(
            f"epoch {done}/{self.epochs}  loss {self.losses[-1]:.4f}  {self.seconds[-1]:.2f} s"
            f"  (about {left * sum(self.seconds) / done:.0f} s left)",
            flush=True,
        )


@contextmanager
def quiet_garbage_collector():
    """Collect garbage now and keep the collector off meanwhile."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def compile_seconds(trainer):
    """What the first training step costs beyond the second; weights and optimiser are restored after."""
    state = trainer.snapshot()
    first, second = Stopwatch(), Stopwatch()
    with first:
        trainer.step()
        trainer.synchronize()
    with second:
        trainer.step()
        trainer.synchronize()
    trainer.restore(state)
    return max(0.0, first.seconds - second.seconds)


def load_average():
    """Load of the last minute, or None where the system does not tell."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None


def peak_memory_mb():
    """Highest resident memory of this process so far in MiB, or None."""
    if resource is None:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
