"""Keras on JAX as its documentation shows it: compile() and fit()."""

# JAX is not installed where types are checked.
# pyright: reportMissingModuleSource=false

from typing import Any, Dict, List, Tuple

from scripts.training.frameworks._shared import xla
from scripts.training.frameworks._shared.keras3 import Keras3Trainer
from scripts.training.frameworks.trainer import Array


class Idiomatic(Keras3Trainer):
    """The documentation's way, on JAX: compile() makes one program of the training step."""

    def _loss(self, weights: List[Array], others: List[Array], x: Array, y: Array) -> Tuple[Any, List[Array]]:
        """Compute the mean loss of these rows, and what else the network changes: states of generators."""
        predicted, others = self.model.stateless_call(weights, others, x, training=True)
        return self.model.compute_loss(x=x, y=y, y_pred=predicted), others

    def gradients(self, batch: Array) -> List[Array]:
        import jax
        import numpy as np

        model = self.model
        state = [
            [v.value for v in some] for some in (model.trainable_variables, model.non_trainable_variables)
        ]
        x, y = self.rows.x_train[batch], self.rows.one_hot[batch]
        found, _ = jax.jit(jax.grad(self._loss, has_aux=True))(*state, x, y)
        return [np.asarray(gradient) for gradient in found]

    def snapshot(self) -> Any:
        import numpy as np

        return super().snapshot(), np.random.get_state()  # NumPy's puts the rows of fit() in order

    def restore(self, state: Any) -> None:
        import numpy as np

        variables, random_state = state
        super().restore(variables)
        np.random.set_state(random_state)

    def synchronize(self) -> None:
        import jax

        jax.block_until_ready([weight.value for weight in self.model.trainable_variables])

    def facts(self) -> Dict[str, Any]:
        weights = [weight.value for weight in self.model.trainable_variables]
        found = {**super().facts(), **xla.facts(weights)}
        return {"framework_version": found.pop("jax"), **found}

    def compile_mode(self) -> str:
        import jax

        if self.model.run_eagerly or not self.model.jit_compile or jax.config.jax_disable_jit:
            return "eager"
        return "jax.jit"
