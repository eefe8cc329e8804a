"""The order of rows with `matched` settings: drawn by NumPy, the same in every framework.

The generator is the legacy np.random.RandomState: its stream is frozen, so every NumPy draws the same
numbers from the same seed (NEP 19, https://numpy.org/neps/nep-0019-rng-policy.html). The newer
Generator promises no such thing.
"""

from typing import List

from scripts.training.fold_data import Array

PARITY_ROWS = 16
PARITY_TEST_ROWS = 64  # at most, whose predictions are compared after an epoch


def epoch_order(seed: int, fold: int, epoch: int, rows: int) -> Array:
    """Draw the order of `rows` training rows in one epoch (0, 1, ...): a permutation, int64, (rows,).

    The fold's own row numbers come from the split; this is the order in which they are taken.
    """
    import numpy as np

    return np.random.RandomState([seed, fold, epoch]).permutation(rows).astype(np.int64)


def parity_batch_size(batch_size: int) -> int:
    """Give the rows of a full batch of the parity certificate.

    Small ones show as much of network and optimiser as the batches of training, in less time.
    """
    return min(batch_size, PARITY_ROWS)


def parity_batches(seed: int, rows: int, batch_size: int, steps: int) -> List[Array]:
    """Draw the batches of the parity certificate, of fold 0: `steps` full ones, and one of half the rows.

    Together they are an epoch with a smaller last batch. Batches of less than 4 rows have none, since one row
    alone has no variance for a batch_norm.
    """
    size = parity_batch_size(batch_size)
    *full, last = first_batches(seed, 0, rows, size, steps + 1)
    return [*full, last[: size // 2]] if size >= 4 else full


def first_batches(seed: int, fold: int, rows: int, batch_size: int, steps: int) -> List[Array]:
    """Give the first `steps` full batches of epochs 0, 1, ...: a list of int64 arrays, (batch_size,).

    An epoch's smaller last batch is left out. Raises ValueError if no batch can be full.
    """
    if rows < batch_size:
        raise ValueError(f"{rows} training rows make no full batch of {batch_size}")
    batches, epoch = [], 0
    while len(batches) < steps:
        order = epoch_order(seed, fold, epoch, rows)
        full = rows // batch_size
        batches += list(order[: full * batch_size].reshape(full, batch_size))
        epoch += 1
    return batches[:steps]
