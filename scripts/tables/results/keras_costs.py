"""What Keras costs: Keras on a framework against that framework itself, everything else equal."""

from collections.abc import Iterator

import pandas as pd

from scripts.analysis import pairwise
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column
from scripts.tables.layout import FLAGGED
from scripts.tables.page_model import Page
from scripts.tables.ratios import notes, ratio_blocks
from scripts.training.frameworks import registry

TITLE = "What Keras costs"
LABEL = "what Keras costs"

READ = (
    "A is Keras on the framework B: so many times as long does the same network take with Keras as without."
    " TensorFlow and Theano are used through Keras alone here, so that there is nothing to compare them with."
)
NO_PAIR = (
    "No framework ran both with Keras and without: `frameworks: [pytorch, keras_torch]` in the config"
    " compares the two, `[jax, keras_jax]` likewise."
)


def with_and_without(frameworks: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (framework, the one that it computes with) where both are among these."""
    for name in frameworks:
        over = registry.framework(name).over if name in registry.names() else None
        if over in frameworks:
            yield name, over


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table: A is Keras on B."""
    runs = experiment.runs
    tables = [pairwise.ratios(runs.iloc[:0], "framework", experiment.comparison)]
    for sides in with_and_without(list(dict.fromkeys(runs["framework"]))):
        both = pd.concat([runs.loc[runs["framework"] == name] for name in sides])
        tables.append(pairwise.ratios(both, "framework", experiment.comparison))
    return pd.concat(tables[1:] or tables, ignore_index=True)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    if tidy.empty:
        return Page(TITLE, [NO_PAIR])
    flagged = [FLAGGED] if column(tidy, "flagged").any() else []
    blocks = list(ratio_blocks(tidy, "framework", with_accuracy=True))
    return Page(TITLE, [READ, *notes(experiment), *flagged], blocks)
