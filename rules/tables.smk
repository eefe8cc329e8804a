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
    message:
        "Collecting {runs} runs".format(runs=len(RUNS))
    shell:
        "{params.python} {input.script} --experiment {input.experiment} --runs {params.runs}"
        " --data {params.data} --splits {params.splits}"
        " --code {params.code} --parquet {output.parquet} --csv {output.csv} > {log} 2>&1"


# A rule each, because a caption has no wildcards.
for table, (category, label) in TABLES.items():

    rule:
        name:
            f"{table}_table"
        input:
            script=script("tables.py"),
            experiment=f"{RESULTS}/experiment.json",
            runs=f"{RESULTS}/tables/runs.parquet",
            published=PUBLISHED,
            environments=reported_environments() if table == "software" else [],
        output:
            html=report(
                f"{RESULTS}/tables/{table}.html",
                caption=f"../report/{table}.rst",
                category=category,
                labels={LABELS.get(category, "table"): label},
            ),
            others=multiext(f"{RESULTS}/tables/{table}", ".csv", ".md", ".tex"),
        log:
            f"{RESULTS}/logs/tables/{table}.log",
        localrule: True
        conda:
            environment_file("analysis")
        params:
            python=analysis_python,
            table=table,
            stem=stem,
        message:
            f"Making the table {table}"
        shell:
            "{params.python} {input.script} {params.table} --experiment {input.experiment}"
            " --runs {input.runs} --out {params.stem} > {log} 2>&1"
