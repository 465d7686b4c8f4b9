"""Weights across the border, both ways: `python tests/exchange_with_torch.py`, with PyTorch and safetensors installed.

A network's state dict is saved by tensorkit and loaded by `safetensors.torch` into the same network of PyTorch, then
the other way round; each time both networks must give the same outputs.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

import tensorkit  # noqa: E402


def network(library):
    """The same architecture in either library: convolution, batch norm, pooling, linear."""
    nn = library.nn
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10)
    )


def outputs(library, model) -> np.ndarray:
    """What the network makes of four fixed images, in evaluation mode."""
    images = np.random.default_rng(0).random((4, 1, 8, 8), dtype=np.float32)
    model.eval()
    with library.no_grad():
        return model(library.from_numpy(images)).numpy()


def main() -> int:
    ours, theirs = network(tensorkit), network(torch)
    differences = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "from_tensorkit.pt"
        tensorkit.save(ours.state_dict(), path)
        theirs.load_state_dict(safetensors.torch.load_file(path))
        differences["tensorkit to PyTorch"] = np.abs(outputs(torch, theirs) - outputs(tensorkit, ours)).max()
        theirs = network(torch)
        path = Path(folder) / "from_torch.safetensors"
        safetensors.torch.save_file(theirs.state_dict(), path)
        ours.load_state_dict(tensorkit.load(path))
        differences["PyTorch to tensorkit"] = np.abs(outputs(torch, theirs) - outputs(tensorkit, ours)).max()
    for way, difference in differences.items():
        print(f"{way}: outputs differ by at most {difference:.1e}")
    return 0 if max(differences.values()) < 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main())
