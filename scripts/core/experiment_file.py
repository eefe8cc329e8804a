"""The resolved config and the planned runs, as the workflow writes them to experiment.json."""

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

from scripts.core.errors import UserError
from scripts.core.paths import ROOT
from scripts.core.run_id import RunId


def read_experiment(path: Path) -> Tuple[Dict[str, Any], List[RunId]]:
    """Return (config, planned runs). Raises UserError naming the file if it is not there, or damaged.

    Limits that an earlier version had not are those of config.yaml.
    """
    try:
        experiment = json.loads(path.read_text(encoding="utf-8"))
        config = experiment["config"]
        config["limits"] = {**limits(), **config["limits"]}
        return config, [RunId(**planned) for planned in experiment["runs"]]
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file; the target `experiment` writes it") from None
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: not an experiment as this version of the workflow writes it ({error!r}):"
            " delete it and run snakemake again"
        ) from None


def limits() -> Dict[str, Any]:
    """Return the limits of config.yaml."""
    import yaml  # here: the environments of frameworks have it not

    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["limits"]
