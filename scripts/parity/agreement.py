"""Whether first steps agree with the NumPy reference: differences, and the limits that they are held to."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from scripts.core.errors import UserError
from scripts.parity.numpy_layers import relative_distance

PAIR = ["dataset", "framework", "implementation", "device"]
EARLY = 10  # steps
# Largest difference from the float64 reference. float64 has 16 digits, so 1e-7 leaves room for Theano's
# rounding of constants, and none for a wrong one. Float32 has 7: 1e-4 and 1e-3 are what 10 and 50 steps of
# growing rounding errors leave where no ReLU turns.
EXACT = {"losses": 1e-7, "gradients": 1e-9, "epoch": 1e-7, "probabilities": 1e-7}
FLOAT32 = {f"losses_{EARLY}": 1e-4, "losses": 1e-3, "gradients": 1e-4, "epoch": 1e-3, "probabilities": 1e-3}
LEAST_LOSS = 1e-3  # mean cross-entropy: all rows right, with a probability of 0.999
# A framework may part from the reference this many times as far as NumPy's own float32 does at most.
ROOM = 10
Arrays = Mapping[str, np.ndarray]  # the content of a file: losses, gradient_0, ..., or nudged_losses, ...


class Differences(NamedTuple):
    """What parts a training from the reference; relative, but for that of probabilities."""

    losses: np.ndarray  # of each step, (steps,)
    gradients: float  # of step 1
    epoch: float  # of the mean loss of an epoch
    probabilities: float  # the largest, of any test row

    def largest(self) -> dict[str, float]:
        """Return the largest of each kind, by the names of FLOAT32."""
        return {
            f"losses_{EARLY}": self.losses[:EARLY].max(),
            "losses": self.losses.max(),
            "gradients": self.gradients,
            "epoch": self.epoch,
            "probabilities": self.probabilities,
        }


def differences(measured: Arrays, reference: Arrays) -> Differences:
    """Compute the differences from the reference.

    Of the gradients it is the largest of any gradient of step 1: norm of the difference over the norm of
    the reference's. Losses below LEAST_LOSS, which is near to none, are compared with that. Raises UserError
    for files of a version that trained no epoch.
    """
    if not all("epoch_loss" in arrays for arrays in (measured, reference)):
        raise UserError("first steps of an older version, without an epoch: delete the folder parity")
    names = [name for name in measured if name.startswith("gradient_")]
    return Differences(
        losses_apart(measured["losses"], reference["losses"]),
        relative_distance([measured[name] for name in names], [reference[name] for name in names]),
        float(losses_apart(measured["epoch_loss"], reference["epoch_loss"])),
        float(np.abs(measured["probabilities"] - reference["probabilities"]).max()),
    )


def losses_apart(losses: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Compute the relative differences of losses, (..., steps)."""
    return np.abs(losses - expected) / np.maximum(np.abs(expected), LEAST_LOSS)


def spread(reference: Arrays) -> Differences:
    """Compute how far the reference's own float32 runs part from it, the greatest of all of them."""
    return Differences(
        losses_apart(reference["nudged_losses"], reference["losses"]).max(axis=0),
        float(reference["nudged_gradients"].max()),
        float(losses_apart(reference["nudged_epoch_loss"], reference["epoch_loss"]).max()),
        float(np.abs(reference["nudged_probabilities"] - reference["probabilities"]).max()),
    )


def judge(exact: Differences, single: Differences, yardstick: Differences) -> dict[str, Any]:
    """Judge the differences in float64 and in float32: a certificate's row.

    `yardstick` is what the reference's own float32 differs by at most.
    """
    double, found, own = exact.largest(), single.largest(), yardstick.largest()
    same = all(double[what] <= limit for what, limit in EXACT.items())
    near = all(found[what] <= max(limit, ROOM * own[what]) for what, limit in FLOAT32.items())
    return {
        "same_network": bool(same),
        "float32_as_expected": bool(near),
        **{f"float64_{what}": double[what] for what in EXACT},
        **{f"float32_{what}": found[what] for what in FLOAT32},
        **{f"numpy_float32_{what}": own[what] for what in FLOAT32},
    }


def agrees(row: Mapping[str, Any]) -> bool:
    """Return whether a row of the certificate is tested and agrees; both columns are null where it failed."""
    return row["same_network"] == True and row["float32_as_expected"] == True  # noqa: E712, or null
