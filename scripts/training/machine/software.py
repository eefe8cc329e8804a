"""The environment a run was promised, and the versions it really has."""

import os
import platform
import sys
from importlib import metadata

from scripts.core.errors import UserError
from scripts.core.record import Software

# Names of environment variables that change how libraries compute begin so; numbers of threads and the
# choice of a GPU are set for every run, and recorded elsewhere.
TELLING = (
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
)
TELLING += ("THEANO_", "CUDA_", "CUBLAS_", "CUDNN_", "NVIDIA_TF32_OVERRIDE", "MALLOC_", "LD_PRELOAD")
SET_FOR_EVERY_RUN = ("_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER")


class WrongEnvironment(UserError):
    """The interpreter is not the one of the promised environment."""


def check_prefix(promised):
    """A failed activation does not fail a Snakemake job: so look where this interpreter lives.

    `promised` is the environment's folder, or a folder of environments (conda's).
    """
    here, promised = os.path.realpath(sys.prefix), os.path.realpath(promised)
    if os.path.commonpath([here, promised]) != promised:
        raise WrongEnvironment(
            f"this run was promised the environment {promised}, but {sys.executable} belongs to {here};"
            " was the activation of the environment lost?"
        )


def variables():
    """{name: value} of the user's environment variables that change how libraries compute. To be asked for
    before a framework's module sets some of its own."""
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(TELLING) and not name.endswith(SET_FOR_EVERY_RUN)
    }


def describe(facts, asked=None, users=None):
    """The Software section of a record; `facts` is what the framework tells of itself, `asked` those of
    them that it was asked for, `users` what variables() gave."""
    versions = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            versions[name.lower().replace("_", "-")] = distribution.version
    return Software(
        environment=sys.prefix,
        python=platform.python_version(),
        versions=dict(sorted(versions.items())),
        library_facts=facts,
        asked_facts=asked or {},
        variables=users or {},
    )
