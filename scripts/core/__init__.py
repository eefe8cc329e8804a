"""What every stage shares: errors, files, paths, the record, the network, the spec of a run."""
