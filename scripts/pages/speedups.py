"""Speed-ups: the frameworks two and two, everything else equal."""

from page_model import Page

from pages.layout import FLAGGED
from pages.ratios import notes, ratio_blocks, ratios


def tidy(experiment):
    return ratios(experiment, "framework")


def page(tidy, experiment):
    if tidy.empty:
        return Page("Speed-ups", ["Only one framework ran: name others under frameworks: in the config."])
    flagged = [FLAGGED] if tidy["flagged"].any() else []
    blocks = list(ratio_blocks(tidy, "framework"))
    return Page("Speed-ups between frameworks", [*notes(experiment), *flagged], blocks)
