"""The study as it was played again: a page, a table and a figure, made from the exports in replication/."""
