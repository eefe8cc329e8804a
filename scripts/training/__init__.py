"""What runs inside a framework's environment: Python 3.8, NumPy and that framework alone."""
