"""The resolved config and the planned runs, as the workflow writes them to experiment.json."""

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

from scripts.core.errors import UserError
from scripts.core.run_id import RunId


def read_experiment(path: Path) -> Tuple[Dict[str, Any], List[RunId]]:
    """Return (config, planned runs). Raises UserError naming the file if it is damaged."""
    try:
        experiment = json.loads(path.read_text())
        return experiment["config"], [RunId(**planned) for planned in experiment["runs"]]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: not an experiment as the workflow writes it ({error!r}):"
            " delete it and run snakemake again"
        ) from None
