# Collect the records into one table, and make the tables that people read.
rule collect:
    input:
        script=script("collect.py"),
        experiment=f"{RESULTS}/experiment.json",
        records=records(),
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
        python=analysis_python,
        runs=runs_folder,
        splits=splits_folder,
        data=DATA,
        code=training_code(),
        columns="with flags",  # a table of runs without them is made again
    message:
        "Collecting {runs} runs".format(runs=len(RUNS))
    shell:
        "{params.python} {input.script} --experiment {input.experiment} --runs {params.runs}"
        " --data {params.data} --splits {params.splits}"
        " --code {params.code} --parquet {output.parquet} --csv {output.csv} > {log} 2>&1"


# One job for all tables; each has its own place and caption in the report.
rule tables:
    input:
        reported_environments(),
        script=script("tables.py"),
        experiment=f"{RESULTS}/experiment.json",
        runs=f"{RESULTS}/tables/runs.parquet",
        published=PUBLISHED,
    output:
        [
            report(
                f"{RESULTS}/tables/{table.name}.html",
                caption=f"../report/{table.name}.rst",
                category=table.category,
                labels=table.labels,
            )
            for table in TABLES
        ],
        [
            f"{RESULTS}/tables/{table.name}.{suffix}"
            for table in TABLES
            for suffix in ("csv", "md", "tex")
        ],
    log:
        f"{RESULTS}/logs/tables/tables.log",
    conda:
        environment_file("analysis")
    params:
        python=analysis_python,
        folder=subpath(output[0], parent=True),
    message:
        "Making the tables"
    shell:
        "{params.python} {input.script} --experiment {input.experiment} --runs {input.runs}"
        " --out {params.folder} > {log} 2>&1"
