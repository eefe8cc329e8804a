"""The formulas of matched settings on Keras's optimisers, with PyTorch's calls for all weights at once.

Keras's own optimisers take one of all weights, too, where it has one for PyTorch; what keras3_optimizers.py
has is for one weight at a time.
"""

# Neither PyTorch nor Keras is installed where types are checked.
# pyright: reportMissingImports=false, reportMissingModuleSource=false

from typing import Any, Dict, List, Sequence, Tuple

from scripts.training.frameworks._shared.keras3_optimizers import one_minus_power, with_momenta


def formulas() -> Dict[str, Any]:
    """Give the classes by their names in the config; SGD and Adadelta are Keras's own."""
    return {
        **{"rmsprop": rmsprop(), "adam": adam("Adam"), "adamw": adam("AdamW")},
        **{"nadam": nadam(), "adagrad": adagrad()},
    }


def tensors(variables: Sequence[Any]) -> List[Any]:
    """Give the tensors that Keras's variables hold."""
    return [variable.value for variable in variables]


def descend(variables: Sequence[Any], gradients: Any, squares: Any, rate: Any, epsilon: float) -> None:
    """Take `rate * gradient / (sqrt(squares) + epsilon)` away from each variable."""
    import torch

    divisors = torch._foreach_sqrt(squares)
    torch._foreach_add_(divisors, epsilon)
    changes = torch._foreach_mul(gradients, rate)
    torch._foreach_div_(changes, divisors)
    torch._foreach_sub_(tensors(variables), changes)


def rmsprop() -> Any:
    """Make an RMSprop that divides by sqrt(a) + epsilon."""
    import keras
    import torch

    class RMSprop(type(keras.optimizers.RMSprop())):  # the one that Keras has for PyTorch
        def _parallel_update_step(self, grads: Any, variables: Any, learning_rate: Any) -> None:
            means = tensors([self._velocities[self._get_variable_index(one)] for one in variables])
            torch._foreach_mul_(means, self.rho)
            torch._foreach_addcmul_(means, grads, grads, value=1 - self.rho)
            descend(variables, grads, means, learning_rate, self.epsilon)

    return RMSprop


def adam(name: str) -> Any:
    """Make an Adam or AdamW that adds epsilon to the corrected root."""
    import keras
    import torch

    class Adam(type(getattr(keras.optimizers, name)())):
        def _parallel_update_step(self, grads: Any, variables: Any, learning_rate: Any) -> None:
            means, roots = moved_means(self, grads, variables)
            step = (self.iterations.value + 1).to(means[0].dtype)  # a tensor: a number would wait for the GPU
            changes = torch._foreach_mul(means, learning_rate / one_minus_power(self.beta_1, step))
            torch._foreach_div_(changes, roots)
            torch._foreach_sub_(tensors(variables), changes)

    return Adam


def moved_means(optimizer: Any, gradients: Any, variables: Sequence[Any]) -> Tuple[Any, Any]:
    """Move the means of Adam, and give those of gradients and the corrected roots of those of squares."""
    import torch

    places = [optimizer._get_variable_index(one) for one in variables]
    means = tensors([optimizer._momentums[place] for place in places])
    squares = tensors([optimizer._velocities[place] for place in places])
    torch._foreach_mul_(means, optimizer.beta_1)
    torch._foreach_add_(means, gradients, alpha=1 - optimizer.beta_1)
    torch._foreach_mul_(squares, optimizer.beta_2)
    torch._foreach_addcmul_(squares, gradients, gradients, value=1 - optimizer.beta_2)
    step = (optimizer.iterations.value + 1).to(means[0].dtype)
    roots = torch._foreach_div(squares, one_minus_power(optimizer.beta_2, step))
    torch._foreach_sqrt_(roots)
    torch._foreach_add_(roots, optimizer.epsilon)
    return means, roots


def nadam() -> Any:
    """Make a Nadam whose momentum rises as slowly as the config says."""
    import keras
    import torch

    class Nadam(with_momenta(type(keras.optimizers.Adam()))):
        def _parallel_update_step(self, grads: Any, variables: Any, learning_rate: Any) -> None:
            self.go_on()
            means, roots = moved_means(self, grads, variables)
            of_mean, of_gradient = self.factors()
            changes = torch._foreach_mul(means, learning_rate * of_mean)
            torch._foreach_add_(changes, torch._foreach_mul(grads, learning_rate * of_gradient))
            torch._foreach_div_(changes, roots)
            torch._foreach_sub_(tensors(variables), changes)

    return Nadam


def adagrad() -> Any:
    """Make an AdaGrad whose sum starts at 0, and that divides by sqrt(a) + epsilon."""
    import keras
    import torch

    class Adagrad(type(keras.optimizers.Adagrad())):
        def __init__(self, **options: Any) -> None:
            super().__init__(initial_accumulator_value=0.0, **options)

        def _parallel_update_step(self, grads: Any, variables: Any, learning_rate: Any) -> None:
            totals = tensors([self._accumulators[self._get_variable_index(one)] for one in variables])
            torch._foreach_addcmul_(totals, grads, grads)
            descend(variables, grads, totals, learning_rate, self.epsilon)

    return Adagrad
