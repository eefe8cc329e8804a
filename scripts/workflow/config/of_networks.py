"""The types of `networks`, `training` and `matched` in the config."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from scripts.workflow.config.section import OMITTED, BelowOne, Count, NotNegative, Positive, Section

Activation = Literal["relu", "leaky_relu", "elu", "tanh", "sigmoid", "gelu", "gelu_tanh", "linear"]
LastActivation = Literal[Activation, "softmax"]


class Conv(Section):
    type: Literal["conv"] = Field(description="conv: a two-dimensional convolution, stride 1")
    filters: Count = Field(description="Number of output channels")
    kernel: Count = Field(description="Height and width of the kernel")
    padding: Literal["same", "valid"] = Field(
        description="same: the output is as large as the input; for odd kernels alone"
    )
    activation: Activation = Field(
        description="Activation after the convolution. leaky_relu: slope 0.01 below 0; gelu: by the error"
        " function, gelu_tanh: its approximation; linear: none"
    )


class MaxPool(Section):
    type: Literal["max_pool"] = Field(description="max_pool: the maximum of each window")
    size: Count = Field(description="Height, width and stride of the window")


class Dropout(Section):
    type: Literal["dropout"] = Field(description="dropout: leaves out values while it trains")
    rate: BelowOne = Field(description="Part of the values that is left out")


class Flatten(Section):
    type: Literal["flatten"] = Field(description="flatten: an image becomes a list of values, once")


class Dense(Section):
    type: Literal["dense"] = Field(description="dense: fully connected")
    units: Count = Field(description="Number of outputs")
    activation: LastActivation = Field(description="As of conv; softmax: only in the last layer")


Layer = Annotated[Conv | MaxPool | Dropout | Flatten | Dense, Field(discriminator="type")]


class Network(Section):
    input_scale: Positive = Field(description="Inputs are divided by it")
    parameters: Count = Field(
        OMITTED,
        description="Published number of parameters; a network with others is refused. Left out: every"
        " framework must count what we count",
    )
    layers: list[Layer] = Field(min_length=1, description="Layers from input to output")


UNNAMED = "; not named, or null: the library's own (published settings) or that of `matched`"


class Optimizer(Section):
    name: Any
    learning_rate: Positive = Field(OMITTED, description=f"Learning rate at the start{UNNAMED}")
    decay: NotNegative = Field(OMITTED, description="Per update, as in `matched`; needs learning_rate")

    @model_validator(mode="after")
    def decay_has_its_rate(self) -> "Optimizer":
        """Return the optimiser. Raises PydanticCustomError for a decay without a learning rate.

        Keras 3 takes a decay only as a schedule, which needs the rate it starts from.
        """
        if "decay" in self.model_fields_set and "learning_rate" not in self.model_fields_set:
            raise PydanticCustomError("whole", "decay needs a learning_rate next to it")
        return self


class AdaptiveOptimizer(Optimizer):
    name: Literal["adadelta", "rmsprop"] = Field(description="Which optimiser")


class SgdOptimizer(Optimizer):
    name: Literal["sgd"] = Field(description="Which optimiser")
    momentum: BelowOne = Field(OMITTED, description=f"Momentum{UNNAMED}")
    nesterov: bool = Field(OMITTED, description="Nesterov's momentum; needs a momentum above 0")


class Training(Section):
    loss: Literal["categorical_crossentropy"] = Field(description="Loss function")
    optimizer: AdaptiveOptimizer | SgdOptimizer = Field(
        discriminator="name", description="Optimiser and those of its constants that are given"
    )
    batch_size: Count = Field(description="Rows of a training step; the last one of an epoch may have fewer")
    epochs: Count = Field(description="Number of passes over the training rows")


class AdaptiveConstants(Section):
    learning_rate: Positive = Field(description="Learning rate at the start")
    decay: NotNegative = Field(description="learning_rate / (1 + decay * updates)")
    rho: BelowOne = Field(description="Decay of the moving averages")
    epsilon: Positive = Field(description="Added to the root (RMSprop) or under both roots (Adadelta)")


class SgdConstants(Section):
    learning_rate: Positive = Field(description="Learning rate at the start")
    decay: NotNegative = Field(description="learning_rate / (1 + decay * updates)")
    momentum: BelowOne = Field(description="Momentum")
    nesterov: bool = Field(description="Nesterov's momentum")


class Matched(Section):
    adadelta: AdaptiveConstants = Field(description="Constants of Adadelta")
    rmsprop: AdaptiveConstants = Field(description="Constants of RMSprop")
    sgd: SgdConstants = Field(description="Constants of stochastic gradient descent")
