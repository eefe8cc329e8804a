"""The config in layers: config.yaml, the user's files in their order, `--config`; each over those before.

Snakemake lays one mapping over another key by key. That is wrong for an optimiser, whose keys belong to its
name: the momentum of SGD is no constant of RMSprop, and its rate would be RMSprop's in silence.
"""

import os
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import Any

from scripts.workflow.config.types import typed
from scripts.workflow.planning import Config

# Keys that name the kind of a mapping. Where a layer names another kind, nothing of the mapping before stays.
KINDS = ("name", "type")
# Keys that may be left out: null takes away what a layer before has given.
LEFT_OUT_BY_NULL = (
    *(
        "training.*.optimizer.*",
        "cluster.runtime.*",
        "folds_per_job.*",
        "data.own.*",
        "networks.*.parameters",
    ),
)


def resolved(defaults: Path, settings: Any) -> Config:
    """Return the config of the file `defaults` and of the user's files and options: Snakemake's settings.

    Of a module, `settings` is the config that it was given.
    """
    from snakemake.common.configfile import load_configfile

    config: Config = {}
    if isinstance(settings, Mapping):
        files, options = [load_configfile(defaults)], dict(settings)
    else:
        names = [] if settings.replace_workflow_config else [defaults]
        files, options = [*map(load_configfile, [*names, *settings.configfiles])], dict(settings.config)
    for layer in [*(typed(file, of_file=True) for file in files), typed(options)]:
        config = laid_over(config, layer)
    if "results" in config:
        config["results"] = one_spelling(config["results"])
    return config


def laid_over(below: Mapping[str, Any], layer: Mapping[str, Any], path: str = "") -> Config:
    """Return the mapping `below` with the keys of `layer`, whose mappings are laid over in turn."""
    another_kind = any(key in below and key in layer and below[key] != layer[key] for key in KINDS)
    result = {} if another_kind else dict(below)
    for key, value in layer.items():
        where = f"{path}{key}"
        if value is None and any(fnmatchcase(where, pattern) for pattern in LEFT_OUT_BY_NULL):
            result.pop(key, None)
        elif isinstance(value, Mapping):
            under = result.get(key)
            result[key] = laid_over(under if isinstance(under, Mapping) else {}, value, f"{where}.")
        else:
            result[key] = value
    return result


def one_spelling(folder: Any) -> Any:
    """Return a folder as Snakemake's paths have it: `./x//y/` as `x/y`, below the working directory relative.

    Snakemake takes two spellings of one path for two files. What is no text is left to validate().
    """
    if not isinstance(folder, str) or not folder:
        return folder
    path = PurePath(os.path.normpath(re.sub("/+", "/", folder)))
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
