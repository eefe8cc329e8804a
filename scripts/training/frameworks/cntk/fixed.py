"""Parts of Keras 2.3.1 that do not work on CNTK, fixed here.

Its clipping by a norm calls the clipped gradients, which on CNTK makes a copy that stays 0. In float64,
which is for the parity certificate, parts of a program are float32 whatever one asks.
"""

# CNTK is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

from typing import Any, List


def fix_keras(precision: str) -> None:
    """Replace functions of Keras and of its backend, before a network is built."""
    import keras

    keras.optimizers.clip_norm = clip_norm
    if precision == "float64":
        fix_float64()


def clip_norm(gradient: Any, most: float, norm: Any) -> Any:
    """Scale a gradient if `norm`, that of all gradients together, is more than `most`."""
    import cntk
    from keras import backend as K

    factor = cntk.element_min(
        cntk.constant(most, dtype=K.floatx()) / norm, cntk.constant(1, dtype=K.floatx())
    )
    return gradient * factor


def fix_float64() -> None:
    """Give float64 to what stands for gradients, to counts of updates, and to what says training or test.

    With a float32 in the gradients' place CNTK's learner ends the process.
    """
    import cntk
    from keras import backend
    from keras.backend import cntk_backend

    def gradients(loss: Any, variables: List[Any]) -> List[Any]:
        found = [
            cntk.constant(0, shape=variable.shape, dtype=variable.dtype, name="keras_grad_placeholder")
            for variable in variables
        ]
        cntk_backend.grad_parameter_dict.update(zip(found, variables))
        return found

    backend.gradients = gradients
    backend.cast = cntk.cast  # which does nothing in Keras
    phase = cntk.constant(1.0, shape=(), dtype="float64", name="_keras_learning_phase")
    cntk_backend._LEARNING_PHASE_PLACEHOLDER = phase
