"""What the machine is and does while a run is timed: cores, GPUs, load, settings, libraries."""
