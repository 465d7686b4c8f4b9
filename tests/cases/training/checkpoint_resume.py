"""Training stopped, saved, loaded into new objects and gone on with."""

import io

import torch
from torch import nn


def build():
    torch.manual_seed(29)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    return model, optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)


def train(model, optimizer, scheduler, steps):
    for _ in range(steps):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    return loss.item()


torch.manual_seed(30)
x = torch.randn(32, 4)
y = x.pow(2).sum(1, keepdim=True)
print(f"straight {train(*build(), 16):.4f}")
parts = build()
print(f"first half {train(*parts, 8):.4f}")
file = io.BytesIO()
torch.save({"epoch": 8, "parts": [part.state_dict() for part in parts]}, file)
file.seek(0)
checkpoint = torch.load(file)
parts = build()
for part, state in zip(parts, checkpoint["parts"], strict=True):
    part.load_state_dict(state)
print(checkpoint["epoch"], f"second half {train(*parts, 8):.4f}")
