"""Tables of what the runs measured."""
