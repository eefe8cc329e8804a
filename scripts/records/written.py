"""Whether what the workflow wrote down of a config is still that of the config.

Snakemake writes it again when its params change, as far as it has notes of them (.snakemake/): not where they
were deleted or the results were moved, nor after --touch. New runs would then train the old network.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.core.errors import UserError

OF_CONFIG: dict[str, Callable[[str, Any], bool]] = {  # rule: whether the text of its file is of its params
    "experiment": lambda text, params: json.loads(text)["config"] == json.loads(params.config),
    "network": lambda text, params: json.loads(text) == json.loads(params.recipe),
}


def check(dag: Any, name_of: Callable[[str], str] = str) -> None:
    """Raise UserError if a file of the `dag` that is not to be made was written of another config.

    `name_of` gives the name of a rule here from its name in the whole workflow.
    """
    to_make = {*dag.needrun_jobs()}
    stale = [
        (str(file), job.rule.name)
        for job in dag.jobs
        if name_of(job.rule.name) in OF_CONFIG and job not in to_make
        for file in job.output
        if Path(file).exists() and not is_of_config(Path(file), name_of(job.rule.name), job.params)
    ]
    if stale:
        raise UserError(
            f"{', '.join(sorted(file for file, _ in stale))}: written of another config, and Snakemake has"
            " lost its notes of that (.snakemake was deleted, the results were moved, or --touch): add to"
            f" your command, once: --forcerun {' '.join(sorted({rule for _, rule in stale}))}"
        )


def is_of_config(file: Path, rule: str, params: Any) -> bool:
    """Return whether the file of a rule says what the params of its job say."""
    try:
        return OF_CONFIG[rule](file.read_text(encoding="utf-8"), params)
    except (ValueError, KeyError):  # half a file, or of another version
        return False
