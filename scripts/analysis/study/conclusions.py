"""What the published study concluded: six conclusions, each with the comparisons that test it.

Only runs of the study's protocol count, with published settings and idiomatic implementations. A
comparison of other runs is there too, but not counted, with the reason.
"""

from collections.abc import Callable
from dataclasses import dataclass

from scripts.analysis.study import conclusion_rules as rules
from scripts.analysis.study.conclusion_rules import (
    ABOUT_TEN,
    FRAMEWORKS,
    LEFT,
    MUCH,
    RAISED,
    Comparison,
)
from scripts.analysis.study.measured import Measured

IMAGES = ("mnist", "cifar10", "cifar100")
LETTER = ("letter",)
ALL = (*IMAGES, *LETTER)


@dataclass(frozen=True)
class Part:
    """A part of a conclusion that is tested by itself.

    `compare(measured, datasets)` gives its Comparisons; `needs` {column of the runs: levels} must be
    planned; of `datasets` more than the share `coverage` must be there; `unit` says what the values are.
    """

    words: str
    datasets: tuple
    needs: dict
    unit: str
    compare: Callable[[Measured, tuple], list[Comparison]]
    coverage: float = 0.5


@dataclass(frozen=True)
class Conclusion:
    number: int
    claim: str  # short, for a line of the terminal
    words: str  # as published
    rule: str
    command: str  # what measures it
    parts: tuple


BOTH_DEVICES = {"device": ("cpu", "gpu")}
BOTH_SPLITS = {"split": ("holdout", "kfold")}
BOTH_SETTINGS = {"settings": ("published", "matched")}
ALL_FRAMEWORKS = {"framework": FRAMEWORKS}
GPU = ".venv/bin/snakemake --cores all --configfile presets/gpu.yaml"
STUDY = "make run"
MATCHED = ".venv/bin/snakemake --cores all --config 'settings=[published, matched]'"

CONCLUSIONS = [
    Conclusion(
        1,
        "Convolutional networks train much faster on a GPU",
        "Convolutional networks (MNIST, CIFAR-10, CIFAR-100) train much faster on GPU than on CPU.",
        "CPU time / GPU time of each framework and split: yes if its interval lies above"
        f" {MUCH:g}, no if below.",
        GPU,
        (Part("", IMAGES, BOTH_DEVICES, "CPU / GPU time", rules.faster_on_gpu),),
    ),
    Conclusion(
        2,
        "Letter Recognition is better trained on a CPU",
        "The Letter Recognition network is better trained on CPU: the GPU makes it slower, most of all"
        " in PyTorch and TensorFlow.",
        "GPU time / CPU time of each framework and split: yes if its interval lies above 1, no if below."
        " Which framework is slowed most does not count.",
        f"{GPU} --config 'datasets=[letter]'",
        (Part("", LETTER, BOTH_DEVICES, "GPU / CPU time", rules.slower_on_gpu),),
    ),
    Conclusion(
        3,
        "10 folds take about 10 times as long as 70/30",
        "10-fold cross-validation takes about 10 times as long as the 70/30 split.",
        "Time of all folds / time of the holdout run of each cell: yes between"
        f" {ABOUT_TEN[0]:.1f} and {ABOUT_TEN[1]:.1f} (10, give or take a factor of 1.5), else no. By the rows"
        " trained it would be 12.9. Three finished folds are enough: their mean stands for the others.",
        STUDY,
        (Part("", ALL, BOTH_SPLITS, "folds / holdout time", rules.ten_times),),
    ),
    Conclusion(
        4,
        "Folds raise no accuracy, but that of Letter",
        "Cross-validation usually does not raise accuracy, but for Letter Recognition it did (from"
        " about 3 % to about 70 %).",
        "Mean accuracy of the folds minus that of the holdout run, with the interval of that difference."
        f" Image networks: yes below {RAISED:g} points, no above. Letter: yes above {RAISED:g} points, no"
        " below.",
        STUDY,
        (
            Part("Images not raised", IMAGES, BOTH_SPLITS, "folds - holdout, points", rules.not_raised),
            Part("Letter raised", LETTER, BOTH_SPLITS, "folds - holdout, points", rules.raised),
        ),
    ),
    Conclusion(
        5,
        "Theano is slowest for images, fastest for Letter",
        "Theano is the slowest library for the convolutional networks and the fastest of all for Letter"
        " Recognition.",
        "Theano's time / that of TensorFlow and of PyTorch. Slowest: yes if both intervals lie above 1, no if"
        " one lies below. Fastest: the other way round.",
        STUDY,
        (
            Part("Slowest for images", IMAGES, ALL_FRAMEWORKS, "Theano / the other", rules.slowest),
            Part("Fastest for Letter", LETTER, ALL_FRAMEWORKS, "Theano / the other", rules.fastest),
        ),
    ),
    Conclusion(
        6,
        "Defaults explain differences of accuracy",
        "Implementations and defaults (optimisers, initialisers, data readers) differ between the"
        " libraries; that explains differences in accuracy.",
        "Two frameworks whose accuracies are shown to lie further apart than the equivalence margin with"
        " published settings, and the same two with matched settings, in which everything is given and equal:"
        f" yes if the interval says that less than {LEFT:.0%} of the difference is left, no if more.",
        MATCHED,
        (Part("", ALL, BOTH_SETTINGS, "part of the difference left", rules.explained, coverage=0),),
    ),
]
