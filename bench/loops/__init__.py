"""What runs inside a framework's environment, Python 3.8: the product's training, and loops next to it.

A loop is a module with run(opened, clock), which trains clock.epochs epochs on the rows of the first fold,
with clock.start() and clock.stop(loss) around each, and returns the number of parameters; None if it has no
network.
"""
