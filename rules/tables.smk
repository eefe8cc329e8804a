# The tables that people read.


# One job for all tables; each has its own place and caption in the report.
rule tables:
    """All tables of what is collected."""
    input:
        reported_environments(),
        experiment=f"{RESULTS}/experiment.json",
        runs=f"{RESULTS}/tables/runs.parquet",
        published=PUBLISHED,
        mistakes=MISTAKES,
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
        step=analysis_step,
        folder=subpath(output[0], parent=True),
    message:
        "Making the tables"
    shell:
        "{params.step} tables --experiment {input.experiment:q} --runs {input.runs:q}"
        " --out {params.folder:q} > {log:q} 2>&1"
