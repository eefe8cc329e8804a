"""Data of the user's own: read from common files, checked, and made into the arrays of a dataset."""
