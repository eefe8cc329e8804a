# The table that all others are made of.
rule collect:
    """The records of all runs as one table."""
    input:
        experiment=f"{RESULTS}/experiment.json",
        records=RECORDS,
    output:
        parquet=f"{RESULTS}/tables/runs.parquet",
        csv=report(
            f"{RESULTS}/tables/runs.csv",
            caption="../report/runs.rst",
            category=RUNS_IN_REPORT,
            labels={"file": "runs.csv (download)"},
        ),
    log:
        f"{RESULTS}/logs/collect.log",
    conda:
        environment_file("analysis")
    params:
        step=analysis_step,
        runs=untracked(RUNS_FOLDER),
        results=untracked(RESULTS_THERE),
        data=DATA_THERE,
        code=run_status.training_code(config["frameworks"]),
        columns="with flags, attempts and repeated rows",  # a table of runs without them is made again
    message:
        "Collecting {runs} runs".format(runs=len(RUNS))
    shell:
        "{params.step} collect --experiment {input.experiment:q} --runs {params.runs:q}"
        " --data {params.data:q} --splits {params.results:q}/splits"
        " --code {params.code} --parquet {output.parquet:q} --csv {output.csv:q} > {log:q} 2>&1"
