"""The published study: its printed figures, what is doubtful in them, and verdicts on its conclusions."""
