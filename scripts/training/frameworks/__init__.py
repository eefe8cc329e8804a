"""One folder for each framework (see registry.py), and the contract that each of them keeps (trainer.py)."""
