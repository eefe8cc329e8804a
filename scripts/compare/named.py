"""What the config names under `compare`: folders of results and exports, each with a label if it has one."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from scripts.core.errors import UserError

LABELLED = re.compile(r"(?P<label>[^=/]+)=(?P<path>.+)")


def parts(name: str) -> tuple[str, str]:
    """Split what the user wrote, PATH or LABEL=PATH, into label (or "") and path."""
    labelled = LABELLED.fullmatch(name)
    return (labelled["label"].strip(), labelled["path"]) if labelled else ("", name)


def check_names(names: Sequence[str]) -> None:
    """Raise UserError unless these are two sources or more, each there and named once."""
    if len(names) < 2:
        raise UserError(
            "compare: name two folders of results or exports at least; add to your command:"
            " --config 'compare=[a/results, b.tar.gz]'"
        )
    for name in names:
        path = Path(parts(name)[1])
        if not path.exists():
            raise UserError(f"compare: {name}: there is no {path}")
        if path.is_dir() and not (path / "experiment.json").exists():
            raise UserError(
                f"compare: {name}: {path} has no experiment.json: not the results of an experiment"
            )
    labels, paths = zip(*map(parts, names), strict=True)
    places = [str(Path(path).resolve()) for path in paths]  # whatever the spelling
    for what, shown, same in (("label", labels, labels), ("path", paths, places)):
        known = Counter(same)
        twice = [word for word, one in zip(shown, same, strict=True) if known[one] > 1 and word]
        if twice:
            raise UserError(f"compare: the {what} {twice[-1]} is named twice")
