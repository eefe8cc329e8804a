# The environment of each framework. With conda, Snakemake makes them from the rules' `conda:` files
# before the first job. Without, the workflow makes them from the same files with uv at the same moment:
# in onstart and not by a rule, since a rule that runs again makes all that depends on it run again, and
# an environment made again must not throw away days of records. Records name the versions that made them.
from snakemake.settings.types import DeploymentMethod

ENVIRONMENTS = Path(os.environ.get("TRAINCLOCK_ENVS") or Path(CHECKOUT, ".envs"))
USES_CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
USES_UV = config["environments"] == "isolated" and not USES_CONDA
PYTHONS = Interpreters(
    "conda" if USES_CONDA else "uv" if USES_UV else "current",
    ENVIRONMENTS,
    str(workflow.deployment_settings.conda_prefix or ".snakemake/conda"),
)
# What runs a step, as params. Data, tables and figures run in conda's environment or in the one that Snakemake
# runs in, all else in that of the framework and device.
analysis_step = untracked(PYTHONS.step(PYTHONS.of_analysis()))
framework_step, promised_environment = PYTHONS.step_of_run, PYTHONS.promised_to_run


# Of what `snakemake prepare` makes next to the data. Asking for the environments in a rule makes conda's, too;
# its output is temporary, so that each call looks again.
rule environment:
    """The environment of one framework, made and tried."""
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
        "{params.python:q} -I -c 'import sys; print(sys.prefix)' > {log:q} 2>&1"
