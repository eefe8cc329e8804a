"""Idiomatic against tuned: how many times as long the one takes as the other."""

from plots import ratios


def draw(experiment):
    return ratios.draw(experiment, "implementation", "Idiomatic against tuned: ratios of training times")
