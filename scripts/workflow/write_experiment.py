"""Write down the experiment as JSON: the config, its plan of runs, and the software of the analysis."""

import argparse
import json
from pathlib import Path

from scripts.core.files import atomic
from scripts.training.machine.software import describe
from scripts.workflow.planning import plan


def main() -> None:
    """Write the experiment of a config that is valid: Snakemake has checked it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", required=True, help="the resolved config as JSON text")
    parser.add_argument("--out", type=Path, required=True, help="results/experiment.json")
    args = parser.parse_args()
    config = json.loads(args.config)
    runs, left_out = plan(config)
    analysis = vars(describe({}))  # the environment of data, tables and figures
    content = {"config": config, "runs": [vars(r) for r in runs], "left_out": left_out, "analysis": analysis}
    with atomic(args.out) as temporary:
        temporary.write_text(json.dumps(content, indent=1))
