"""The study as it was repeated: a page, a table and a figure, made from the exports in replication/."""
