"""The tables, a module each: tidy(experiment) makes the numbers, page(tidy, experiment) lays them out."""
