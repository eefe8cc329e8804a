# The environment of each framework. With conda, Snakemake makes them from the rules' `conda:` files
# before the first job. Without, the workflow makes them from the same files with uv at the same moment:
# in onstart and not by a rule, since a rule that runs again makes all that depends on it run again, and
# an environment made anew must not throw away days of records. Records name the versions that made them.
import subprocess
from types import SimpleNamespace
from importlib.util import find_spec

from snakemake.settings.types import DeploymentMethod

ENVIRONMENTS = Path(
    os.environ.get("TRAINCLOCK_ENVS") or Path(workflow.basedir, ".envs")
)
USES_CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
USES_UV = config["environments"] == "isolated" and not USES_CONDA


def environment_file(name):
    return str(Path(workflow.basedir, "envs", f"{name}.yaml"))


def reported_environments():
    """The env files of the planned runs, as files to download from the report."""
    names = {environment_name(run.framework, run.device) for run in RUNS}
    return [reported_environment(name) for name in sorted(names)]


def reported_environment(name):
    return report(
        environment_file(name),
        caption="../report/environment.rst",
        category=SOFTWARE_IN_REPORT,
        labels={"environment": f"3 envs/{name}.yaml (download)"},
    )


def environment_of_run(wildcards):
    return environment_name(wildcards.framework, wildcards.device)


# Snakemake runs a job again when its params changed, except params whose function takes `input`. These
# take it, so that another interpreter (conda's instead of uv's) repeats no run.
def analysis_python(wildcards, input):
    """Data, tables and figures run in conda's environment or in the one that Snakemake runs in."""
    return "python" if USES_CONDA else sys.executable


def framework_python(wildcards, input):
    if USES_UV:
        return str(ENVIRONMENTS / environment_of_run(wildcards) / "bin" / "python")
    return analysis_python(wildcards, input)


def promised_environment(wildcards, input):
    """The folder in which the interpreter of a run must live."""
    if USES_UV:
        return str(ENVIRONMENTS / environment_of_run(wildcards))
    if USES_CONDA:
        return workflow.deployment_settings.conda_prefix or ".snakemake/conda"
    return sys.prefix


def parity_python(wildcards, input):
    return framework_python(on_cpu(wildcards), input)


def parity_environment(wildcards, input):
    return promised_environment(on_cpu(wildcards), input)


def on_cpu(wildcards):
    """The parity certificate is of the CPU, whatever the devices of the experiment."""
    return SimpleNamespace(framework=wildcards.framework, device="cpu")


def needed_environments():
    """Names of the env files of all runs and of the parity certificate."""
    of_runs = {(run.framework, run.device) for run in RUNS}
    of_parity = {(framework, "cpu") for framework, _, _ in PAIRS}
    return sorted({environment_name(*pair) for pair in of_runs | of_parity})


def environments_ready():
    return [f"{RESULTS}/environments/{name}.ready" for name in needed_environments()]


def python_of_environment(wildcards, input):
    if USES_UV:
        return str(ENVIRONMENTS / wildcards.environment / "bin" / "python")
    return analysis_python(wildcards, input)


def make_environments():
    """Make what is missing or whose file has changed; raise WorkflowError with the way out."""
    if USES_CONDA:
        return
    lacking = [
        name
        for name in ("matplotlib", "pandas", "pooch", "pyarrow", "sklearn")
        if not find_spec(name)
    ]
    if lacking:
        raise WorkflowError(
            f"Snakemake runs in {sys.prefix}, which lacks {', '.join(lacking)}: run `make setup` and"
            " call .venv/bin/snakemake, or let conda bring everything (--use-conda)"
        )
    if USES_UV:
        files = [environment_file(name) for name in needed_environments()]
        builder = Path(workflow.basedir, "scripts", "build_environment.py")
        command = [sys.executable, builder, "--folder", ENVIRONMENTS, *files]
        if subprocess.run(command).returncode:
            raise WorkflowError(
                "An environment could not be made; the reason stands above."
            )
