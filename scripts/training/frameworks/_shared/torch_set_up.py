"""PyTorch in a process: threads, precision, and the product of the calibration."""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from typing import Any, Callable


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Import PyTorch, set its threads and precision, and start the GPU, as JAX does where it is imported.

    Raises RuntimeError if a GPU is asked for and none is seen.
    """
    import torch
    import torch._dynamo  # which the first optimiser would import, 2 s, as if it were part of building

    torch.set_num_threads(threads)
    torch.set_num_interop_threads(threads)
    torch.set_float32_matmul_precision("highest")  # no TF32
    torch.backends.cudnn.allow_tf32 = False
    torch.set_default_dtype(getattr(torch, precision))
    if device == "gpu":
        if not torch.cuda.is_available():
            raise RuntimeError("PyTorch sees no GPU: check nvidia-smi and the driver")
        torch.empty(1, device="cuda")
        torch.cuda.synchronize()


def takes_tf32() -> bool:
    """Read whether matrix products or convolutions may take TF32."""
    import torch

    return torch.backends.cudnn.allow_tf32 or torch.get_float32_matmul_precision() != "highest"


def import_ahead() -> None:
    """Import PyTorch as set_up() does, and start nothing."""
    import torch
    import torch._dynamo  # noqa: F401


def matrix_product(n: int, device: str) -> Callable[[], Any]:
    """Give the function that multiplies the matrices of the calibration."""
    import torch

    from scripts.training.timing import square_matrices

    where = "cuda" if device == "gpu" else "cpu"
    a, b = (torch.from_numpy(matrix).to(where) for matrix in square_matrices(n))

    def product() -> Any:
        result = a @ b
        if device == "gpu":
            torch.cuda.synchronize()
        return result

    return product
