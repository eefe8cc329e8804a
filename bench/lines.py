"""The lines of a comparison: medians, ratios and targets of what was measured in turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.alternate import Disturbance, Sample, Side

FIELDS = {"wall": "wall_s", "cpu": "cpu_s", "memory": "peak_mb"}  # of a Sample, by what they measure


@dataclass(frozen=True)
class Ratio:
    """A over B: of the medians, and the lowest and highest of single turns."""

    medians: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Line:
    """What was measured of one subject. Keys of the dicts are those of FIELDS, as far as they are known.

    There are two `medians` where A is compared with B, and one, without ratios, where there is no B.
    """

    subject: str
    medians: list[dict[str, float]]
    ratios: dict[str, Ratio]
    targets: dict[str, float]  # the highest ratio that is wanted
    disturbance: Disturbance
    samples: list[list[Sample]]

    def met(self) -> bool | None:
        """Return whether all targets are met; None where there are none."""
        if not self.targets:
            return None
        return all(self.ratios[name].medians <= most for name, most in self.targets.items())


def line(
    subject: str,
    sides: Sequence[Side],
    samples: list[list[Sample]],
    targets: Mapping[str, float],
    disturbance: Disturbance,
) -> Line:
    """Compute a line from the samples of its sides."""
    one_process = len({side.command for side in sides}) < len(sides)  # whose memory both sides have
    names = [name for name in FIELDS if not (one_process and name == "memory")]
    columns = [{name: values for name in names if (values := column(own, name))} for own in samples]
    medians = [{name: median(values) for name, values in own.items()} for own in columns]
    ratios = {}
    if len(columns) == 2:
        a, b = columns
        ratios = {name: ratio(a[name], b[name]) for name in names if name in a and name in b}
    return Line(subject, medians, ratios, dict(targets), disturbance, samples)


def column(samples: Sequence[Sample], name: str) -> list[float]:
    """List one measure of all samples; nothing if it is not known of each."""
    values = [getattr(sample, FIELDS[name]) for sample in samples]
    return [] if None in values else values


def ratio(a: Sequence[float], b: Sequence[float]) -> Ratio:
    """Compare what was measured in the same turns."""
    single = [mine / other for mine, other in zip(a, b, strict=True)]
    return Ratio(median(a) / median(b), min(single), max(single))


def of_dict(content: Mapping[str, Any]) -> Line:
    """Return a line of JSON, the fields of its dataclasses."""
    ratios = {name: Ratio(**values) for name, values in content["ratios"].items()}
    samples = [[Sample(**values) for values in own] for own in content["samples"]]
    disturbance = Disturbance(**content["disturbance"])
    return Line(**{**content, "ratios": ratios, "samples": samples, "disturbance": disturbance})
