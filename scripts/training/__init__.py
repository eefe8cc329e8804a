"""What runs inside a framework's environment: Python 3.6, NumPy and that framework alone."""
