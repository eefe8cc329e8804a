"""The config: its layers, its type, and what is wrong in it."""
