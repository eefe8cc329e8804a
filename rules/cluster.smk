# What a job asks a cluster for, from `cluster:` in the config.


# On a cluster every job has cores of its own: any number of jobs at a time. Within a job the plugin runs one
# after the other; Snakemake sees this from `timed_run` = 1 when it adds up what the job needs.
resource_scopes:
    timed_run="local",


if workflow.is_main_process:
    clear_leftovers(
        Path.cwd(),
        logger.warning,
        dryrun=workflow.output_settings.dryrun,
        finished=finished_records,
    )


# A job that is killed on a node is tried again, with more memory, by the Snakemake that submitted it; where a
# whole experiment runs inside a job (sbatch, salloc, a notebook on a node) nobody does.
TRIED_AGAIN = "--tried-again" if workflow.remote_exec else ""
SUPERVISION = f"--on-failure {config['on_failure']} {TRIED_AGAIN}"
REPEAT = as_json({**config["repeat"], "limits": config["limits"]})


# Of every rule whose jobs go to the cluster.
REQUESTS = slurm.requests(config, workflow.resource_settings.default_resources)


def grouped():
    """Whether jobs form groups: on a cluster. It is known only after the rules are read."""
    return workflow.remote_exec or not workflow.local_exec


def parity_bundle(wildcards):
    return (
        slurm.one_job(
            workflow.parent_groupids,
            f"parity-{wildcards.get('device', 'cpu')}-{wildcards.dataset}",
        )
        if grouped()
        else None
    )
