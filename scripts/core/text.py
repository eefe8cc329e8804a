"""How numbers and lines are written on a terminal."""

from typing import Any, Iterator, Mapping, Sequence

from scripts.core.network import has_bias, strides


def aligned(lines: Sequence[Sequence[str]], names: int) -> Iterator[str]:
    """Yield lines with columns as wide as they need: the first `names` to the left, others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        cells = [
            word.ljust(width) if n < names else word.rjust(width)
            for n, (word, width) in enumerate(zip(line, widths))
        ]
        yield "  ".join(cells).rstrip()


def duration(seconds: float) -> str:
    """Write seconds as `42 s`, `12 min`, `3.4 h`, `31 h`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 99.5 * 60:
        return f"{seconds / 60:.0f} min"
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 9.95 else f"{hours:.0f} h"


def volume(count: float) -> str:
    """Write bytes as `4.2 MB`."""
    for unit in ("kB", "MB", "GB", "TB"):
        count /= 1000
        if count < 999.5 or unit == "TB":
            break
    return f"{count:.1f} {unit}" if count < 9.95 else f"{count:.0f} {unit}"


def many(count: int, word: str) -> str:
    """Write `1 run`, `2 runs`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def machine_words(run: Mapping[str, Any]) -> str:
    """Write `CPU, GPU, 4 threads` of one run, a row of the table of runs; the GPU only where it has one."""
    gpu = f", {run['gpu']}" if isinstance(run["gpu"], str) else ""
    return f"{run['cpu']}{gpu}, {run['threads']:.0f} thread{'s'[: run['threads'] > 1]}"


def shape_words(shape: Sequence[int]) -> str:
    """Write a shape as `26 x 26 x 32`."""
    return " x ".join(map(str, shape))


def layer_words(layer: Mapping[str, Any]) -> str:
    """Write a layer of the config as `conv 32, 3 x 3, valid, relu`."""
    kind, size, step = layer["type"], layer.get("kernel") or layer.get("size"), strides(layer)
    parts = [f"{kind} {layer[key]:g}" for key in ("filters", "units", "rate") if key in layer] or [kind]
    if size:
        parts.append(f"{size} x {size}")
        parts += [f"strides {step}"] if step != layer.get("size", 1) else []
    parts += [layer["padding"]] if "padding" in layer else []
    parts += ["no bias"] if not has_bias(layer) else []
    parts += [layer["activation"]] if "activation" in layer else []
    return ", ".join(parts)
