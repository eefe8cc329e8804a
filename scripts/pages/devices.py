"""Devices: CPU against GPU, everything else equal."""

from page_model import Page

from pages.layout import FLAGGED
from pages.ratios import notes, ratio_blocks, ratios


def tidy(experiment):
    return ratios(experiment, "device")


def page(tidy, experiment):
    if tidy.empty:
        only = ", ".join(dict.fromkeys(experiment.runs["device"])).upper()
        words = f"All runs are on the {only}: with `devices: [cpu, gpu]` in the config both are compared."
        return Page("CPU and GPU", [words])
    flagged = [FLAGGED] if tidy["flagged"].any() else []
    blocks = list(ratio_blocks(tidy, "device", with_accuracy=True))
    return Page("CPU and GPU", [*notes(experiment), *flagged], blocks)
