"""One module per framework, and the contract that each of them keeps.

A module of this folder is imported by the workflow too, to learn what the framework can do; so it
imports its framework, and NumPy, only inside functions. It has

    DEVICES, SETTINGS                    tuples of what it can do, in the words of the config
    TRAINERS                             implementation: its Trainer class
    set_up(threads, device, precision)   set the environment, import the framework, set its threads; precision
                                         is float32, or float64 for the parity certificate
    matrix_product(n, device)            a function without arguments that multiplies the two matrices of
                                         measure.square_matrices(n), waits for the end and gives the result

and a Trainer has

    convert(rows)                        static: the rows (rows.Rows) in the form this Trainer works on
    Trainer(network, training, rows, *, seed, device, settings)
                                         builds network, loss and optimiser; `rows` from convert()
    parameter_count()                    trainable parameters, as the framework counts them
    step()                               one training step, on the path that train() takes; where a
                                         smaller last batch is another program, a step of that too
    snapshot(), restore(state)           weights, optimiser and random state (Theano's dropout masks go
                                         on: their generator lives in the compiled program)
    train(epochs, clock, order)          clock.start() and clock.stop(loss) around each epoch; order(epoch)
                                         is the order of its rows, or order is None: the framework's own
    predict()                            class probabilities of the test rows: float32, (rows, classes)
    synchronize()                        wait until the device has finished
    facts()                              mapping of what was really used: threads, precision, BLAS...
    asked                                mapping of those facts (compile, layout, input_path) that this
                                         Trainer asks for; None: left to the library

With `matched` settings the optimiser's constants are all given, the loss is taken from the logits, and a
Trainer also has

    set_weights(arrays)                  initial weights in canonical layout (see trainer/weights.py)
    first_losses(batches)                trains on these batches (index arrays) by the path of train() and
                                         gives the mean loss of each before its update
    gradients(batch)                     of the mean loss of one batch: canonical layout, no update
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


def trainer_class(name, implementation):
    """The Trainer class of one of its implementations."""
    return module(name).TRAINERS[implementation]
