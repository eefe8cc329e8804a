"""Which runs need not be made any more."""

import training_spec
from trainer import record


def finished(config, planned, folder):
    """{RunId: Record} of the planned runs whose record is there and was made from what the config says."""
    found, digests = {}, {}
    for run_id in planned:
        try:
            one = record.read(run_id.path(folder))
        except (OSError, ValueError):
            continue  # missing, or no record: snakemake makes it or collect.py names it
        key = run_id.settings, run_id.dataset
        if key not in digests:
            digests[key] = training_spec.of_config(config, *key).digest
        if one.run == run_id and one.origin.network_digest == digests[key]:
            found[run_id] = one
    return found
