"""Tables of what is missing or doubtful, and of what ran where."""
