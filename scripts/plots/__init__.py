"""One module a figure, each with draw(experiment) -> Figure."""
