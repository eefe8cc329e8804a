"""One module per framework, and the contract that each of them keeps.

A module of this folder is imported by the workflow too, to learn what the framework can do; so it
imports its framework, and NumPy, only inside functions. It has

    DEVICES, SETTINGS, IMPLEMENTATIONS   tuples of what it can do, in the words of the config
    set_up(threads, device)              set the environment, import the framework, set its threads
    matrix_product(n, device)            a function without arguments that multiplies the two matrices of
                                         measure.square_matrices(n), waits for the end and gives the result
    convert(rows)                        the rows (rows.Rows) in the framework's own form
    Trainer(network, training, rows, seed, device)
                                         builds network, loss and optimiser; `rows` from convert()

and a Trainer has

    parameter_count()                    trainable parameters, as the framework counts them
    step()                               one training step, on the path that train() takes; where a
                                         smaller last batch is another program, a step of that too
    snapshot(), restore(state)           weights, optimiser and random state (Theano's dropout masks go
                                         on: their generator lives in the compiled program)
    train(epochs, clock)                 clock.start() and clock.stop(loss) around each epoch
    predict()                            class probabilities of the test rows: float32, (rows, classes)
    synchronize()                        wait until the device has finished
    facts()                              mapping of what was really used: threads, precision, BLAS...
"""

import importlib
import pkgutil


def names():
    """Names of all frameworks: the modules of this folder (shared helpers begin with _)."""
    found = pkgutil.iter_modules(__path__)
    return sorted(module.name for module in found if not module.name.startswith("_"))


def module(name):
    """The module of a framework."""
    return importlib.import_module(f"{__name__}.{name}")
