"""The environment that a run was promised, and the versions it really has."""

import os
import platform
import sys
import sysconfig
from pathlib import Path
from typing import Any, Dict, Optional

from scripts.core.errors import UserError
from scripts.core.paths import portable
from scripts.core.record import Software

# How names of environment variables begin that change how libraries compute; numbers of threads and the
# choice of a GPU are set for every run, and recorded elsewhere.
PREFIXES = (
    "OMP_",
    "GOMP_",
    "KMP_",
    "MKL_",
    "OPENBLAS_",
    "DNNL_",
    "ONEDNN_",
    "TF_",
    "XLA_",
    "TORCH",
    "PYTORCH_",
    "PYTENSOR",
    "NUMBA_",
)
PREFIXES += ("FLAGS_", "GLOG_")  # PaddlePaddle
PREFIXES += ("THEANO_", "CUDA_", "CUBLAS_", "CUDNN_", "NVIDIA_TF32_OVERRIDE", "MALLOC_", "LD_PRELOAD")
# Terraform's, which begin like TensorFlow's: they compute nothing, and some are passwords.
OF_TERRAFORM = ("TF_VAR_", "TF_CLI_", "TF_TOKEN_", "TF_HTTP_", "TF_LOG", "TF_DATA_DIR", "TF_WORKSPACE")
OF_TERRAFORM += ("TF_IN_AUTOMATION", "TF_INPUT", "TF_PLUGIN_", "TF_REGISTRY_", "TF_REATTACH_", "TF_STATE_")
SET_FOR_EVERY_RUN = ("_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER")


class WrongEnvironment(UserError):
    """The interpreter is not the one of the promised environment."""


def check_prefix(promised: str) -> None:
    """Raise WrongEnvironment unless this interpreter lives in the promised environment.

    A failed activation does not fail a Snakemake job, so that it has to be checked here. `promised` is
    the environment's folder, or a folder of environments (conda's).
    """
    here, promised = os.path.realpath(sys.prefix), os.path.realpath(promised)
    if os.path.commonpath([here, promised]) != promised:
        raise WrongEnvironment(
            f"this run was promised the environment {promised}, but {sys.executable} belongs to {here};"
            " was the activation of the environment lost?"
        )


def variables() -> Dict[str, str]:
    """Give {name: value} of the user's environment variables that change how libraries compute.

    To be called before a framework's module sets some of its own.
    """
    return {
        name: portable(value)
        for name, value in sorted(os.environ.items())
        if name.startswith(PREFIXES)
        and not name.startswith(OF_TERRAFORM)
        and not name.endswith(SET_FOR_EVERY_RUN)
    }


def describe(
    facts: Dict[str, Any], asked: Optional[Dict[str, Any]] = None, users: Optional[Dict[str, str]] = None
) -> Software:
    """Fill the section `software` of a record.

    `facts` is what the framework reports of itself, `asked` those of them that it was asked for, `users`
    what variables() gave. Paths are written as they may be shown to others.
    """
    try:
        from importlib import metadata
    except ImportError:  # Python 3.6, whose environment has the package of it
        import importlib_metadata as metadata  # pyright: ignore[reportMissingImports]

    versions: Dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:  # of several that are installed, the first is imported
            versions.setdefault(name.lower().replace("_", "-"), distribution.version)
    modules = imported()
    return Software(
        environment=portable(sys.prefix),
        python=platform.python_version(),
        versions=dict(sorted(versions.items())),
        library_facts={
            name: portable(fact) if isinstance(fact, str) else fact for name, fact in facts.items()
        },
        asked_facts=asked or {},
        variables=users or {},
        imported={name: str(vars(module)["__version__"]) for name, module in modules.items()},
        import_folders=sorted({portable(folder_of(module)) for module in modules.values()}),
    )


def imported() -> Dict[str, Any]:
    """Give the packages with a version that this process has imported, by name; none of Python's own."""
    own = Path(sysconfig.get_paths()["stdlib"])
    pythons = {str(own), str(own / "lib-dynload")}
    return {
        name: module
        for name, module in sorted(sys.modules.items())
        if "." not in name
        and isinstance(vars(module).get("__version__"), str)  # which loads nothing
        and getattr(module, "__file__", None)
        and folder_of(module) not in pythons
    }


def folder_of(module: Any) -> str:
    """Give the folder that a package or module was imported from."""
    file = Path(module.__file__)
    return str(file.parents[1] if file.stem == "__init__" else file.parent)


def why_not_imported(framework: str, error: ImportError) -> str:
    """Say what to do about a framework that cannot be imported; variables may mix other libraries into it."""
    names = ("LD_PRELOAD", "LD_LIBRARY_PATH", *(() if sys.flags.isolated else ("PYTHONPATH",)))
    mixed_in = [name for name in names if any(map(is_foreign, os.environ.get(name, "").split(os.pathsep)))]
    advice = "delete that folder and the workflow makes it again"
    if mixed_in:
        unset = " ".join(mixed_in)
        advice = (
            f"other software is mixed in: `unset {unset}` (or `module purge`); if that is not it, {advice}"
        )
    return f"{framework} cannot be imported ({error}); its environment is {sys.prefix}: {advice}"


def is_foreign(folder: str) -> bool:
    """Check whether a folder lies outside of this environment."""
    return bool(folder) and not folder.startswith(sys.prefix)
