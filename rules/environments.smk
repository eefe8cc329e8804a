# The environment of each framework. With conda, Snakemake makes them from the rules' `conda:` files
# before the first job. Without, the workflow makes them from the same files with uv at the same moment:
# in onstart and not by a rule, since a rule that runs again makes all that depends on it run again, and
# an environment made again must not throw away days of records. Records name the versions that made them.
from snakemake.settings.types import DeploymentMethod

ENVIRONMENTS = Path(
    os.environ.get("TRAINCLOCK_ENVS") or Path(workflow.basedir, ".envs")
)
USES_CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
USES_UV = config["environments"] == "isolated" and not USES_CONDA
PYTHONS = Interpreters(
    "conda" if USES_CONDA else "uv" if USES_UV else "current",
    ENVIRONMENTS,
    str(workflow.deployment_settings.conda_prefix or ".snakemake/conda"),
)
# Data, tables and figures run in conda's environment or in the one that Snakemake runs in.
analysis_python = untracked(PYTHONS.of_analysis())


def environment_file(name):
    return str(Path(workflow.basedir, "envs", f"{name}.yaml"))


def environment_of_run(wildcards):
    return environment_name(wildcards.framework, wildcards.device)


def reported_environments():
    """The env files of the planned runs, as files to download from the report."""
    return [*map(reported_environment, targets.environments(RUNS))]


def reported_environment(name):
    return report(
        environment_file(name),
        caption="../report/environment.rst",
        category=targets.SOFTWARE_IN_REPORT,
        labels={"environment": f"3 envs/{name}.yaml (download)"},
    )


def framework_python(wildcards, input):
    return PYTHONS.of(environment_of_run(wildcards))


def promised_environment(wildcards, input):
    """The folder in which the interpreter of a run must be."""
    return PYTHONS.promised(environment_of_run(wildcards))


# The parity certificate is of the CPU, whatever the devices of the experiment.
def parity_python(wildcards, input):
    return PYTHONS.of(environment_name(wildcards.framework, "cpu"))


def parity_environment(wildcards, input):
    return PYTHONS.promised(environment_name(wildcards.framework, "cpu"))


# Of what `snakemake prepare` makes next to the data. Asking for the environments in a rule makes conda's, too;
# its output is temporary, so that each call looks again.
rule environment:
    output:
        touch(temp(f"{RESULTS}/environments/{{environment}}.ready")),
    log:
        f"{RESULTS}/logs/environments/{{environment}}.log",
    conda:
        lambda wildcards: environment_file(wildcards.environment)
    params:
        python=lambda wildcards, input: PYTHONS.of(wildcards.environment),
    message:
        "Trying the environment {wildcards.environment}"
    shell:
        "{params.python} -c 'import sys; print(sys.prefix)' > {log} 2>&1"
