"""Twelve frameworks are distinct: in colour, with each kind of colour blindness, and without colour."""

from itertools import combinations

import numpy as np
from matplotlib import colors

from scripts.figures import explore, style
from scripts.training.frameworks import registry

# How colours are seen with each kind of colour blindness, at its full strength, on linear RGB: Machado,
# Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113, table of severity 1.0.
SEEN = {
    "without": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# Oklab (Ottosson 2020), where equal distances look equally far: from linear RGB to cones, from their cube
# roots to Lab.
CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
LAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]
LUMINANCE = [0.2126, 0.7152, 0.0722]  # of linear RGB, WCAG 2
LEAST = 0.07  # of Oklab; a difference that is only just seen is about 0.02
# Okabe and Ito's orange and sky blue are the pale ones: darker, they come too near others.
PALE = {"#E69F00", "#56B4E9"}


def looks():
    """The looks of the frameworks here, and those that are free."""
    known = [registry.framework(name) for name in registry.names()]
    taken = [(one.colour, one.line, one.marker) for one in known]
    return taken + [look for look in style.FREE if look[0] not in {colour for colour, _, _ in taken}]


def linear(colour):
    """Linear RGB of a colour, 0..1."""
    rgb = np.array(colors.to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def seen(colour, kind):
    """Where a colour lies in Oklab with a kind of colour blindness."""
    light = np.clip(np.array(SEEN[kind]) @ linear(colour), 0, 1)
    return np.array(LAB) @ np.cbrt(np.array(CONES) @ light)


def test_there_are_looks_for_twelve_frameworks():
    assert len(looks()) >= 12


def test_every_two_colours_differ_with_every_kind_of_colour_blindness():
    for (one, _, _), (other, _, _) in combinations(looks(), 2):
        near = min(float(np.linalg.norm(seen(one, kind) - seen(other, kind))) for kind in SEEN)
        assert near >= LEAST, (one, other)


def test_without_colour_lines_and_markers_differ():
    for one in (1, 2):
        assert len({look[one] for look in looks()}) == len(looks())


def test_every_marker_has_a_shape_of_its_own_on_the_page_of_all_runs():
    shapes = [explore.SHAPES[marker] for _, _, marker in looks()]
    assert len(set(shapes)) == len(shapes)


def test_colours_stand_out_from_paper():
    """Contrast by WCAG 2, which asks for 3 to 1 of lines and bars."""
    contrast = {colour: 1.05 / (np.dot(LUMINANCE, linear(colour)) + 0.05) for colour, _, _ in looks()}
    assert {colour for colour, ratio in contrast.items() if ratio < 3} <= PALE
    assert min(contrast.values()) > 2.2


def test_frameworks_without_a_folder_get_looks_of_their_own():
    names = [f"made_elsewhere_{n}" for n in range(12 - len(registry.names()))]
    shown = [*names, *registry.names()]
    assert len({style.look(name, shown) for name in shown}) == 12
