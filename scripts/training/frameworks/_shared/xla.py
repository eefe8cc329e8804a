"""JAX below a framework: it is set up before it is imported, and asked what it really uses."""

# JAX is not installed where types are checked.
# pyright: reportMissingModuleSource=false

import os
from typing import Any, Callable, Dict, Iterable, Optional

from scripts.training.frameworks._shared.xla_layers import convolve
from scripts.training.machine.thread_pools import threads_named

PLATFORMS = {"cpu": "cpu", "gpu": "cuda,cpu"}  # of a device of the config; the first is the default
POOL = "tf_XLAEigen"  # the name of each thread of the pool that computes
SEEN: Dict[str, Optional[bool]] = {"tf32": None}  # as measured with the calibration


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Import JAX, start its pool of threads, and set device and precision.

    The pool has NPROC threads, or as many as the process may use CPUs; OMP_NUM_THREADS and XLA's flag
    xla_cpu_multi_thread_eigen change nothing. Raises RuntimeError if a GPU is asked for and none is seen.
    """
    # The user's own settings: a cache of compiled programs, 64 bits, debugging, other precisions.
    for name in [name for name in os.environ if name.startswith("JAX_")]:
        del os.environ[name]
    os.environ["NPROC"] = str(threads)
    os.environ["JAX_PLATFORMS"] = PLATFORMS[device]
    # JAX would take three quarters of the GPU's memory at once: nobody saw how much a run needs.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    import jax

    jax.config.update("jax_enable_x64", precision == "float64")
    jax.config.update("jax_default_matmul_precision", "highest")  # no TF32, in convolutions neither
    try:
        jax.devices("gpu" if device == "gpu" else "cpu")  # which starts it
    except (AssertionError, RuntimeError):  # the former where the package for CUDA is not installed
        raise RuntimeError("JAX sees no GPU: check nvidia-smi and the driver") from None


def matrix_product(n: int, device: str) -> Callable[[], Any]:
    """Give the function that multiplies the matrices of the calibration.

    Whether the GPU takes TF32 is measured here, too: it starts the libraries that multiply and convolve,
    which the first training step should pay for.
    """
    import jax

    from scripts.training.timing import square_matrices

    a, b = map(jax.device_put, square_matrices(n))
    SEEN["tf32"] = takes_tf32()
    multiply = jax.jit(jax.numpy.matmul)
    return lambda: multiply(a, b).block_until_ready()


def facts(arrays: Iterable[Any]) -> Dict[str, Any]:
    """Read back what a framework's facts() reports of JAX; `arrays` are the weights."""
    import jax

    arrays = list(arrays)
    platforms = {device.platform for array in arrays for device in array.devices()}
    return {
        "jax": jax.__version__,
        "threads_reported": threads_named(POOL),
        "precision": ", ".join(sorted({str(array.dtype) for array in arrays})),
        "device": ", ".join(sorted(platforms)),
        "tf32": SEEN["tf32"],
        "gpu_peak_memory_mb": gpu_peak_memory_mb(),
    }


def gpu_peak_memory_mb() -> Optional[float]:
    """Ask for the most MiB that arrays of this process have held on the GPU; None on a CPU."""
    import jax

    device = jax.devices()[0]
    return device.memory_stats()["peak_bytes_in_use"] / 2**20 if device.platform == "gpu" else None


def takes_tf32() -> bool:
    """Measure whether the device's matrix products or convolutions of float32 round to TF32.

    1 + 2**-12 is a float32, and 1 in TF32, which has ten binary digits. Both are about as large as those of
    the networks, since a library chooses its program by the size; what comes out is such a number times 1.
    """
    import jax
    import numpy as np

    fine = np.float32(1 + 2**-12)
    unit = np.eye(64, dtype=np.float32)
    kernel = np.zeros((3, 3, 64, 64), np.float32)
    kernel[1, 1] = unit
    product = jax.jit(jax.numpy.matmul)(np.full((128, 64), fine), unit)
    convolved = jax.jit(lambda x, kernel: convolve(x, kernel, "valid"))(
        np.full((128, 14, 14, 64), fine), kernel
    )
    return any(float(abs(found - fine).max()) > 2**-14 for found in (product, convolved))
