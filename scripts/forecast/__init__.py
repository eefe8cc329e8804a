"""How long the missing runs take, from a few measured steps."""
