"""Numbers: every tidy table is computed here, and nothing is laid out."""
