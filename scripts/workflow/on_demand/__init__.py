"""Steps that people call by hand, before they run an experiment of their own."""
