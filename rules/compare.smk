# Results of several machines or dates side by side. It reads what is named and touches no experiment.


# Without outputs, so that it reads again what is named, whenever it is asked.
rule compare:
    log:
        f"{RESULTS}/logs/compare.log",
    conda:
        environment_file("analysis")
    params:
        step=step("compare"),
        python=analysis_python,
        sources=config["compare"],
        results=untracked(RESULTS),
    message:
        "Comparing {params.sources}"
    shell:
        "{params.python:q} {params.step} {params.sources:q} --out {params.results:q}/compare > {log:q} 2>&1"
