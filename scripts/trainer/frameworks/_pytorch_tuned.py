"""PyTorch as fast as it goes: no DataLoader, rows on the device, one gather an epoch."""

from ._pytorch_idiomatic import Idiomatic


class Tuned(Idiomatic):
    """The same modules and optimiser; what is left out is the work around them.

    A DataLoader picks and stacks row by row in Python. Here the rows lie on the device, each epoch puts
    them in order at once, and a batch is a view of them. Images lie channels last, as oneDNN's and
    cuDNN's convolutions like them, and a falling rate is set without a scheduler. What was tried and did
    not win on a CPU, torch.compile and fused optimisers among it: see docs/method.md.
    """

    def __init__(self, network, training, rows, *, seed, device, settings):
        super().__init__(network, training, rows, seed=seed, device=device, settings=settings)
        self.x, self.y = (tensor.to(self.device) for tensor in rows.train.tensors)
        self.x_test = rows.x_test.to(self.device)
        self.model = self.model.to(memory_format=self._layout(self.x))
        self.schedule, self.updates = None, 0
        self.rate = self.optimizer.param_groups[0]["lr"]
        self.decay = training["optimizer"].get("decay", 0)

    @staticmethod
    def _layout(x):
        import torch

        return torch.channels_last if x.ndim == 4 else torch.contiguous_format

    def _train_step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), y)
        loss.backward()
        if self.decay:
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate / (1 + self.decay * self.updates)
        self.optimizer.step()
        self.updates += 1
        return loss.detach() * len(x)

    def _batches(self, order):
        """Views of the rows in this order: x, y of one batch after the other."""
        x = self.x[order].contiguous(memory_format=self._layout(self.x))
        return zip(x.split(self.batch_size), self.y[order].split(self.batch_size))

    def first_losses(self, batches):
        self.model.train()
        return [self._train_step(x, y).item() / len(y) for batch in batches for x, y in self._batches(batch)]

    def step(self):
        import torch

        self.model.train()
        few = torch.randperm(len(self.y), device=self.device)[: self.batch_size]
        self._train_step(*next(self._batches(few)))

    def snapshot(self):
        return super().snapshot(), self.updates

    def restore(self, state):
        before, self.updates = state
        super().restore(before)

    def train(self, epochs, clock, order=None):
        import torch

        self.model.train()
        for epoch in range(epochs):
            rows = None if order is None else torch.from_numpy(order(epoch)).to(self.device)
            clock.start()
            total = torch.zeros((), device=self.device)
            if rows is None:
                rows = torch.randperm(len(self.y), device=self.device)
            for x, y in self._batches(rows):
                total += self._train_step(x, y)
            clock.stop(lambda total=total: total.item() / len(self.y))

    def predict(self):
        import torch

        self.model.eval()
        with torch.no_grad():
            parts = [torch.softmax(self.model(x), dim=1) for x in self.x_test.split(self.batch_size)]
        return torch.cat(parts).cpu().numpy()

    def facts(self):
        layout = "NHWC (channels_last)" if self.x.ndim == 4 else "rows of features"
        how = {"input_path": "rows on the device, views of a batch", "layout": layout}
        return {**super().facts(), **how}
