"""From the records of single runs to one table: reading, checking, verdicts and flags."""
