# Results of several machines or dates side by side. It reads what is named and touches no experiment.


# Without outputs, so that it reads again what is named, whenever it is asked.
rule compare:
    """Results of several machines or dates side by side."""
    log:
        f"{RESULTS}/logs/compare.log",
    conda:
        environment_file("analysis")
    params:
        step=analysis_step,
        results=untracked(RESULTS_THERE),
        sources=config["compare"],
    message:
        "Comparing {params.sources}"
    shell:
        "{params.step} compare {params.sources:q} --out {params.results:q}/compare > {log:q} 2>&1"
