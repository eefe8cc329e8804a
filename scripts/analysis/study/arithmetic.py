"""How much arithmetic the study's trainings take."""

from scripts.analysis.study.printed_figures import FOLDS, PROTOCOLS, TEST_SHARE


def rows_trained(dataset: str, split: str) -> float:
    """Return rows times epochs of the whole variant."""
    share = FOLDS - 1 if split == "kfold" else 1 - TEST_SHARE
    return PROTOCOLS[dataset].rows * share * PROTOCOLS[dataset].epochs


def convolutions() -> dict[str, int]:
    """Return {dataset: multiply-adds of one row forward} of the study's convolutional networks."""
    adds = {dataset: protocol.multiply_adds for dataset, protocol in PROTOCOLS.items()}
    return {dataset: number for dataset, number in adds.items() if number}
