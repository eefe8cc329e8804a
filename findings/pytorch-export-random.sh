#!/usr/bin/env bash
# In short: torch.export ends in a SyntaxError for a model that fills a tensor by random_(0, 256).
# Library: PyTorch 2.15.0 (torch.export, torch.fx).
# One would expect: a model that fills a tensor with random whole numbers, Tensor.random_(0, 256), can be exported as one
#   that calls random_(256), which draws the same, or uniform_(0, 256).
# Behaviour: torch.export ends in "SyntaxError: invalid syntax", in a line of no file. The overload with a lower bound is
#   called `from`; the exported graph is written out as Python, and there torch.ops.aten.random_.from is no expression.
#   torch.jit.trace and torch.compile, accept the same model.
# Who meets it: whoever draws masks, noise or augmentation inside a model and exports it (a deployment, a quantiser): the
#   message names neither the operator nor the model's own line.
# Output seen:
#   random_(0, 256): export SyntaxError, jit.trace works, compile works
#   random_(256): export works, jit.trace works, compile works
#   uniform_(0, 256): export works, jit.trace works, compile works
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" torch==2.15.0 numpy==2.5.5
cat >"$folder/random_numbers.py" <<'PY'
"""Export, trace and compile models that draw random numbers, and print what becomes of them."""
import torch

DRAWS = {
    "random_(0, 256)": lambda numbers: numbers.random_(0, 256),
    "random_(256)": lambda numbers: numbers.random_(256),
    "uniform_(0, 256)": lambda numbers: numbers.uniform_(0, 256),
}
WAYS = {
    "export": lambda model, x: torch.export.export(model, (x,)).module()(x),
    "jit.trace": lambda model, x: torch.jit.trace(model, (x,), check_trace=False)(x),
    "compile": lambda model, x: torch.compile(model, backend="aot_eager")(x),
}


class Noise(torch.nn.Module):
    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def forward(self, x):
        return x + self.draw(torch.empty_like(x))


def outcome(way, draw):
    try:
        way(Noise(draw), torch.zeros(4))
    except SyntaxError:
        return "SyntaxError"
    return "works"


for name, draw in DRAWS.items():
    print(f"{name}: " + ", ".join(f"{way} {outcome(WAYS[way], draw)}" for way in WAYS))
PY
found=$("$folder/env/bin/python" "$folder/random_numbers.py" 2>/dev/null)
echo "$found"
[ "$found" = "random_(0, 256): export SyntaxError, jit.trace works, compile works
random_(256): export works, jit.trace works, compile works
uniform_(0, 256): export works, jit.trace works, compile works" ] || { echo "the behaviour has changed" >&2; exit 1; }
