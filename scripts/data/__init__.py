"""The datasets: their files, fetched and verified, the prepared arrays and the splits."""
