"""CPU against GPU: how many times as long the one takes as the other."""

from plots import ratios


def draw(experiment):
    return ratios.draw(experiment, "device", "CPU against GPU: ratios of training times")
