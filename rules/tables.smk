# The tables that people read.


# A rule each, because a caption has no wildcards.
for table, (category, label) in targets.TABLES.items():

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
                labels={targets.LABELS.get(category, "table"): label},
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
