"""PyTorch as its MNIST example is built: a module with forward(), DataLoaders, train() and test().

Written from the documentation of torch.nn, torch.optim and torch.utils.data. The rows are those that the
product trains on, in a TensorDataset.
"""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from typing import Any

from scripts.training import fold_data
from scripts.training.session import Session
from scripts.training.timing import EpochClock

LOG_INTERVAL = 10  # batches from one printed loss to the next


def make_network() -> Any:
    """Make the network of MNIST."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution1 = nn.Conv2d(1, 32, 3)
            self.convolution2 = nn.Conv2d(32, 64, 3)
            self.dropout1 = nn.Dropout(0.25)
            self.dropout2 = nn.Dropout(0.5)
            self.dense1 = nn.Linear(9216, 128)
            self.dense2 = nn.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            x = functional.relu(self.convolution1(x))
            x = functional.relu(self.convolution2(x))
            x = self.dropout1(functional.max_pool2d(x, 2))
            x = functional.relu(self.dense1(torch.flatten(x, 1)))
            x = self.dense2(self.dropout2(x))
            return functional.log_softmax(x, dim=1)

    return Network()


def make_loader(x: Any, y: Any, batch_size: int, shuffle: bool) -> Any:
    """Make a DataLoader of NumPy rows; images NHWC."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    images = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous()
    return DataLoader(TensorDataset(images, torch.from_numpy(y)), batch_size=batch_size, shuffle=shuffle)


def train(model: Any, loader: Any, optimizer: Any) -> float:
    """Train one epoch, print the loss now and then, and return the last that was printed."""
    from torch.nn import functional

    model.train()
    printed = 0.0
    for number, (images, labels) in enumerate(loader):
        optimizer.zero_grad()
        loss = functional.nll_loss(model(images), labels)
        loss.backward()
        optimizer.step()
        if number % LOG_INTERVAL == 0:
            printed = loss.item()
            print(f"batch {number} of {len(loader)}: loss {printed:.4f}")
    return printed


def test(model: Any, loader: Any) -> float:
    """Return the accuracy on the test rows."""
    import torch

    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in loader:
            correct += (model(images).argmax(dim=1) == labels).sum().item()
    return correct / len(loader.dataset)


def run(opened: Session, clock: EpochClock) -> int:
    """Train and test in turns; tests are not timed."""
    import torch

    batch_size = opened.spec.training["batch_size"]
    rows = fold_data.load(opened.args.data, opened.args.splits, 0, opened.spec.network["input_scale"])
    torch.manual_seed(opened.spec.seed)
    train_loader = make_loader(rows.x_train, rows.y_train, batch_size, shuffle=True)
    test_loader = make_loader(rows.x_test, rows.y_test, batch_size, shuffle=False)
    model = make_network()
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    for _ in range(clock.epochs):
        clock.start()
        loss = train(model, train_loader, optimizer)
        clock.stop(lambda loss=loss: loss)
        print(f"test accuracy {100 * test(model, test_loader):.1f} %")
        schedule.step()
    return sum(parameter.numel() for parameter in model.parameters())
