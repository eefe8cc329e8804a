"""The layers of the config in Keras 2.3.1, and where those on CNTK are not what other libraries compute."""

# CNTK is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

from typing import Any, List, Mapping

from scripts.training.frameworks._shared.keras import Activations, keras_layers
from scripts.training.frameworks.cntk.norms import batch_norm


def cntk_layers(layer: Mapping[str, Any], activations: Activations, initializer: str) -> List[Any]:
    """Make the Keras layers; with matched settings, which replace the softmax, some are other ones."""
    if layer["type"] == "batch_norm":
        return [batch_norm(layer, matched="softmax" in activations)]
    return keras_layers(layer, activations, initializer)


def gelu(x: Any) -> Any:
    """Compute x Phi(x); the error function, which CNTK does not have, is SciPy's."""
    import cntk
    import numpy as np
    from cntk.ops.functions import UserFunction
    from scipy.special import erf

    class Share(UserFunction):
        """Phi(x): (1 + erf(x / root 2)) / 2."""

        def infer_outputs(self) -> List[Any]:
            (x,) = self.inputs
            return [cntk.output_variable(x.shape, x.dtype, x.dynamic_axes)]

        def forward(self, argument: Any, device: Any = None, outputs_to_retain: Any = None) -> Any:
            return argument, ((1 + erf(argument * np.sqrt(0.5))) / 2).astype(argument.dtype)

        def backward(self, state: Any, root_gradients: Any) -> Any:
            density = np.exp(-state * state / 2) / np.sqrt(2 * np.pi)
            return (root_gradients * density).astype(state.dtype)

    return x * cntk.user_function(Share([x]))
