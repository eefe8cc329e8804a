"""What the rules call inside Snakemake: the typed config, the plan of runs, targets, messages."""
