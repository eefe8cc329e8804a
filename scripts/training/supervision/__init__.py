"""Around a run: its end is reported whatever ends it, and a doubtful one is repeated."""
