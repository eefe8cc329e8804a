"""How long Theano waits for the lock of the folder in which it keeps what it has compiled.

It looks every 5 to 10 seconds whether the process that holds the lock has left.
"""

# Theano is not installed where types are checked.
# pyright: reportMissingImports=false

from typing import Any

from scripts.training.timing import Stopwatch

FREE_S = 0.1  # taking a free lock takes less
WAITED = {"s": 0.0}


def watch() -> None:
    """Add up from now on what Theano waits; once Theano is imported."""
    from theano.gof import compilelock

    lock = getattr(compilelock.lock, "watched", compilelock.lock)  # set_up() may be called twice

    def timed(*args: Any, **options: Any) -> None:
        watch = Stopwatch()
        with watch:
            lock(*args, **options)
        if watch.seconds > FREE_S:
            WAITED["s"] += watch.seconds

    timed.watched = lock  # pyright: ignore[reportFunctionMemberAccess]
    compilelock.lock = timed
