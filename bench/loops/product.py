"""The product's own training: a Trainer of the implementation that is asked for."""

from scripts.training import session, timing
from scripts.training.session import Session
from scripts.training.timing import EpochClock


def run(opened: Session, clock: EpochClock) -> int:
    """Load, build, compile and train as a run does."""
    _, trainer = session.load_and_build(opened, 0)
    timing.compile_seconds(trainer)
    clock.synchronize = trainer.synchronize
    trainer.train(clock.epochs, clock)
    return trainer.parameter_count()
