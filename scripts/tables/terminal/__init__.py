"""What is read on a terminal: the summary of an experiment, and one run as a page."""
