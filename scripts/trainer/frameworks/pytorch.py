"""PyTorch, written natively: DataLoader, modules, optimiser, the loop of its documentation."""

from dataclasses import dataclass

DEVICES = ("cpu", "gpu")
SETTINGS = ("published",)
IMPLEMENTATIONS = ("idiomatic",)


def set_up(threads, device):
    import torch
    import torchvision  # noqa: F401  part of what a user of PyTorch imports for these datasets

    torch.set_num_threads(threads)
    torch.set_num_interop_threads(threads)
    torch.set_float32_matmul_precision("highest")  # no TF32
    torch.backends.cudnn.allow_tf32 = False
    if device == "gpu" and not torch.cuda.is_available():
        raise RuntimeError("PyTorch sees no GPU: check nvidia-smi and the driver")


def matrix_product(n, device):
    import torch

    from ..measure import square_matrices

    where = "cuda" if device == "gpu" else "cpu"
    a, b = (torch.from_numpy(matrix).to(where) for matrix in square_matrices(n))

    def product():
        result = a @ b
        if device == "gpu":
            torch.cuda.synchronize()
        return result

    return product


@dataclass
class Tensors:
    """x: float32, (rows, channels, height, width) or (rows, features); y: int64, (rows,)."""

    train: object  # TensorDataset of x and y
    x_test: object
    input_shape: tuple  # of a row in the prepared data, NHWC


def convert(rows):
    import numpy as np
    import torch

    def channels_first(x):
        return torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1) if x.ndim == 4 else x))

    return Tensors(
        train=torch.utils.data.TensorDataset(channels_first(rows.x_train), torch.from_numpy(rows.y_train)),
        x_test=channels_first(rows.x_test),
        input_shape=rows.x_train.shape[1:],
    )


def modules(layers, input_shape):
    """The modules of the config's layers; the last softmax is left to the loss."""
    from torch import nn

    from ..network import shapes

    found, shape = [], tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        kind = layer["type"]
        if kind == "conv":
            padding = "same" if layer["padding"] == "same" else 0
            found.append(nn.Conv2d(shape[-1], layer["filters"], layer["kernel"], padding=padding))
        elif kind == "max_pool":
            found.append(nn.MaxPool2d(layer["size"]))
        elif kind == "dropout":
            found.append(nn.Dropout(layer["rate"]))
        elif kind == "flatten":
            found.append(nn.Flatten())
        elif kind == "dense":
            found.append(nn.Linear(shape[0], layer["units"]))
        if layer.get("activation") == "relu":
            found.append(nn.ReLU())
        shape = after
    return nn.Sequential(*found)


def make_optimizer(parameters, options):
    """The optimiser and, if the config names a decay, its schedule: lr / (1 + decay * updates)."""
    from torch import optim

    options = dict(options)
    classes = {"adadelta": optim.Adadelta, "rmsprop": optim.RMSprop, "sgd": optim.SGD}
    cls = classes[options.pop("name")]
    decay = options.pop("decay", 0)
    if "learning_rate" in options:
        options["lr"] = options.pop("learning_rate")
    optimizer = cls(parameters, **options)
    if not decay:
        return optimizer, None
    return optimizer, optim.lr_scheduler.LambdaLR(optimizer, lambda n: 1 / (1 + decay * n))


class Trainer:
    def __init__(self, network, training, rows, seed, device):
        import torch

        torch.manual_seed(seed)
        self.device = torch.device("cuda" if device == "gpu" else "cpu")
        self.model = modules(network["layers"], rows.input_shape).to(self.device)
        self.loss = torch.nn.CrossEntropyLoss()
        self.optimizer, self.schedule = make_optimizer(self.model.parameters(), training["optimizer"])
        self.batch_size = training["batch_size"]
        self.loader = torch.utils.data.DataLoader(
            rows.train, batch_size=self.batch_size, shuffle=True, pin_memory=device == "gpu"
        )
        self.x_test = rows.x_test

    def parameter_count(self):
        return sum(p.numel() for p in self.model.parameters() if p.requires_grad)

    def _train_step(self, x, y):
        x, y = x.to(self.device, non_blocking=True), y.to(self.device, non_blocking=True)
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        if self.schedule:
            self.schedule.step()
        return loss.detach() * len(x)

    def step(self):
        self.model.train()
        self._train_step(*next(iter(self.loader)))

    def snapshot(self):
        import copy

        import torch

        parts = [self.model, self.optimizer] + ([self.schedule] if self.schedule else [])
        states = [copy.deepcopy(part.state_dict()) for part in parts]
        return parts, states, torch.get_rng_state()

    def restore(self, state):
        import torch

        parts, states, random_state = state
        for part, saved in zip(parts, states):
            part.load_state_dict(saved)
        torch.set_rng_state(random_state)

    def train(self, epochs, clock):
        import torch

        self.model.train()
        for _ in range(epochs):
            clock.start()
            total = torch.zeros((), device=self.device)
            for x, y in self.loader:
                total += self._train_step(x, y)
            clock.stop(lambda total=total: total.item() / len(self.loader.dataset))

    def predict(self):
        import torch

        self.model.eval()
        with torch.no_grad():
            parts = [
                torch.softmax(self.model(x.to(self.device)), dim=1).cpu()
                for x in self.x_test.split(self.batch_size)
            ]
        return torch.cat(parts).numpy()

    def synchronize(self):
        if self.device.type == "cuda":
            import torch

            torch.cuda.synchronize()

    def facts(self):
        import torch

        return {
            "framework_version": torch.__version__,
            "threads_reported": torch.get_num_threads(),
            "precision": str(torch.get_default_dtype()).replace("torch.", ""),
            "tf32": torch.backends.cudnn.allow_tf32,
            "blas": "MKL" if torch.backends.mkl.is_available() else "other",
            "onednn": torch.backends.mkldnn.is_available(),
            "compile": "eager",
            "input_path": "DataLoader over a TensorDataset",
            "layout": "NCHW",
        }
