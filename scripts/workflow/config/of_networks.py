"""The types of `networks`, `training` and `matched` in the config."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from scripts.training.frameworks._shared.learning_rate import FINAL
from scripts.workflow.config.section import OMITTED, BelowOne, Count, NotNegative, Positive, Section
from scripts.workflow.config.types import is_either

Activation = Literal["relu", "leaky_relu", "elu", "tanh", "sigmoid", "gelu", "gelu_tanh", "linear"]
Initializer = Literal[
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"
]
LastActivation = Literal[Activation, "softmax"]
UNNAMED = "; not named, or null: the library's own (published settings) or that of `matched`"


WITH_BIAS = Field(True, description="Whether a bias is added (true)")


class Conv(Section):
    type: Literal["conv"] = Field(description="conv: a two-dimensional convolution")
    filters: Count = Field(description="Number of output channels")
    kernel: Count = Field(description="Height and width of the kernel")
    strides: Count = Field(1, description="Rows and columns from one window to the next (1)")
    padding: Literal["same", "valid"] = Field(
        description="same: (kernel - 1) / 2 zeros on each side, for odd kernels alone; valid: none"
    )
    bias: bool = WITH_BIAS
    activation: Activation = Field(
        description="Activation after the convolution. leaky_relu: slope 0.01 below 0; gelu: by the error"
        " function, gelu_tanh: its approximation; linear: none"
    )


class Pool(Section):
    size: Count = Field(description="Height and width of the window")
    strides: Annotated[Count | None, is_either("a whole number or null", int, type(None))] = Field(
        None, description="Rows and columns from one window to the next; null, or left out: size"
    )


class MaxPool(Pool):
    type: Literal["max_pool"] = Field(description="max_pool: the maximum of each window")


class AvgPool(Pool):
    type: Literal["avg_pool"] = Field(description="avg_pool: the mean of each window")


class GlobalAvgPool(Section):
    type: Literal["global_avg_pool"] = Field(
        description="global_avg_pool: the mean of each channel; the image becomes a list of values"
    )


NUMBER_OR_NULL = is_either("a number or null", int, float, type(None))


class BatchNorm(Section):
    type: Literal["batch_norm"] = Field(
        description="batch_norm: each channel or feature gets mean 0 and variance 1 over a batch, then a"
        " scale and a shift that are learned; predictions take running means and variances"
    )
    momentum: Annotated[BelowOne | None, NUMBER_OR_NULL] = Field(
        None, description=f"Part of the running mean and variance that an update keeps{UNNAMED}"
    )
    epsilon: Annotated[Positive | None, NUMBER_OR_NULL] = Field(
        None, description=f"Added to the variance, under the root{UNNAMED}"
    )


class ActivationLayer(Section):
    type: Literal["activation"] = Field(description="activation: an activation by itself")
    activation: Activation = Field(description="As of conv")


class Dropout(Section):
    type: Literal["dropout"] = Field(description="dropout: leaves out values while it trains")
    rate: BelowOne = Field(description="Part of the values that is left out")


class Flatten(Section):
    type: Literal["flatten"] = Field(description="flatten: an image becomes a list of values, once")


class Dense(Section):
    type: Literal["dense"] = Field(description="dense: fully connected")
    units: Count = Field(description="Number of outputs")
    bias: bool = WITH_BIAS
    activation: LastActivation = Field(description="As of conv; softmax: only in the last layer")


Layer = Annotated[
    Conv | MaxPool | AvgPool | GlobalAvgPool | BatchNorm | Dropout | Flatten | Dense | ActivationLayer,
    Field(discriminator="type"),
]


class Network(Section):
    input_scale: Positive = Field(description="Inputs are divided by it")
    parameters: Count = Field(
        OMITTED,
        description="Published number of parameters; a network with others is refused. Left out: every"
        " framework must count what we count",
    )
    layers: list[Layer] = Field(min_length=1, description="Layers from input to output")


class StepSchedule(Section):
    type: Literal["step"] = Field(description="step: the rate falls at once, again and again")
    updates: Count = Field(description="Updates from one fall to the next")
    factor: Positive = Field(description="The rate is multiplied by it")


class CosineSchedule(Section):
    type: Literal["cosine"] = Field(description="cosine: the rate falls as half a cosine does")
    updates: Count = Field(description="Updates until it has fallen; then it stays")
    final: Positive = Field(FINAL, description=f"Part of the rate that is left then ({FINAL})")


class Optimizer(Section):
    name: Any
    learning_rate: Positive = Field(OMITTED, description=f"Learning rate at the start{UNNAMED}")
    decay: NotNegative = Field(OMITTED, description="Per update, as in `matched`; needs learning_rate")
    schedule: StepSchedule | CosineSchedule = Field(
        OMITTED, discriminator="type", description="How the rate falls, beside decay; needs learning_rate"
    )
    warm_up: Count = Field(
        OMITTED,
        description="Updates in which the rate rises to its start, in equal steps; needs learning_rate",
    )
    clip_norm: Positive = Field(
        OMITTED, description="Largest norm of all gradients together; larger ones are scaled down to it"
    )

    @model_validator(mode="after")
    def changes_have_their_rate(self) -> "Optimizer":
        """Return the optimiser. Raises PydanticCustomError for a change of a rate that is not named.

        Keras 3 takes a decay only as a schedule, which needs the rate it starts from.
        """
        for key in ("decay", "schedule", "warm_up"):
            if key in self.model_fields_set and "learning_rate" not in self.model_fields_set:
                raise PydanticCustomError("whole", "{key} needs a learning_rate next to it", {"key": key})
        return self


class OptimizerWithL2(Optimizer):
    l2: NotNegative = Field(
        OMITTED,
        description="Part of each weight that is added to its clipped gradient: coupled weight decay, as"
        " PyTorch's SGD has it; the loss does not hold it",
    )


class AdaptiveOptimizer(OptimizerWithL2):
    name: Literal["adadelta", "rmsprop", "adagrad"] = Field(description="Which optimiser")


class AdamOptimizer(OptimizerWithL2):
    name: Literal["adam", "nadam"] = Field(description="Which optimiser")
    beta_1: BelowOne = Field(OMITTED, description=f"Decay of the mean of gradients{UNNAMED}")
    beta_2: BelowOne = Field(OMITTED, description=f"Decay of the mean of their squares{UNNAMED}")


class AdamwOptimizer(Optimizer):
    name: Literal["adamw"] = Field(description="Which optimiser")
    beta_1: BelowOne = Field(OMITTED, description=f"Decay of the mean of gradients{UNNAMED}")
    beta_2: BelowOne = Field(OMITTED, description=f"Decay of the mean of their squares{UNNAMED}")
    weight_decay: NotNegative = Field(
        OMITTED, description=f"Part of each weight that is taken away, times the rate{UNNAMED}"
    )


class SgdOptimizer(OptimizerWithL2):
    name: Literal["sgd"] = Field(description="Which optimiser")
    momentum: BelowOne = Field(OMITTED, description=f"Momentum{UNNAMED}")
    nesterov: bool = Field(OMITTED, description="Nesterov's momentum; needs a momentum above 0")


class Training(Section):
    loss: Literal["categorical_crossentropy"] = Field(description="Loss function")
    optimizer: AdaptiveOptimizer | SgdOptimizer | AdamOptimizer | AdamwOptimizer = Field(
        discriminator="name", description="Optimiser and those of its constants that are given"
    )
    batch_size: Count = Field(description="Rows of a training step; the last one of an epoch may have fewer")
    epochs: Count = Field(description="Number of passes over the training rows")


class Constants(Section):
    learning_rate: Positive = Field(description="Learning rate at the start")
    decay: NotNegative = Field(description="learning_rate / (1 + decay * updates)")


class AdaptiveConstants(Constants):
    rho: BelowOne = Field(description="Decay of the moving averages")
    epsilon: Positive = Field(description="Added to the root (RMSprop) or under both roots (Adadelta)")


class SgdConstants(Constants):
    momentum: BelowOne = Field(description="Momentum")
    nesterov: bool = Field(description="Nesterov's momentum")


class AdamConstants(Constants):
    beta_1: BelowOne = Field(description="Decay of the mean of gradients")
    beta_2: BelowOne = Field(description="Decay of the mean of their squares")
    epsilon: Positive = Field(description="Added to the root, after both means are corrected")


class AdamwConstants(AdamConstants):
    weight_decay: NotNegative = Field(description="Part of each weight that is taken away, times the rate")


class NadamConstants(AdamConstants):
    momentum_decay: NotNegative = Field(
        description="How the momentum of step t rises: beta_1 (1 - 0.96^(t momentum_decay) / 2)"
    )


class AdagradConstants(Constants):
    epsilon: Positive = Field(description="Added to the root")


class BatchNormConstants(Section):
    momentum: BelowOne = Field(description="Part of the running mean and variance that an update keeps")
    epsilon: Positive = Field(description="Added to the variance, under the root")


class Matched(Section):
    adadelta: AdaptiveConstants = Field(description="Constants of Adadelta")
    rmsprop: AdaptiveConstants = Field(description="Constants of RMSprop")
    sgd: SgdConstants = Field(description="Constants of stochastic gradient descent")
    adam: AdamConstants = Field(description="Constants of Adam")
    adamw: AdamwConstants = Field(description="Constants of AdamW, Adam with decoupled weight decay")
    nadam: NadamConstants = Field(description="Constants of Nadam, Adam with Nesterov's momentum")
    adagrad: AdagradConstants = Field(description="Constants of AdaGrad")
    batch_norm: BatchNormConstants = Field(description="Constants of batch_norm")
    initializer: Initializer = Field(
        description="How the initial kernels of all frameworks are drawn; biases are 0"
    )
