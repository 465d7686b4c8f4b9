"""A data set split at random, a validation loss after each epoch, and the best state kept."""

import copy

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(9)
x = torch.rand(120, 4) * 2 - 1
y = (x.prod(1, keepdim=True) * 4 + x.sum(1, keepdim=True)) / 2
train_set, valid_set = random_split(TensorDataset(x, y), [0.75, 0.25])
train_loader = DataLoader(train_set, batch_size=16, shuffle=True)
valid_loader = DataLoader(valid_set, batch_size=64)
model = nn.Sequential(nn.Linear(4, 32), nn.GELU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
best, best_state = float("inf"), None
for epoch in range(8):
    model.train()
    for xb, yb in train_loader:
        loss = nn.functional.smooth_l1_loss(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        valid = sum(nn.functional.mse_loss(model(xb), yb, reduction="sum") for xb, yb in valid_loader) / len(valid_set)
    scheduler.step(valid)
    if valid < best:
        best, best_state = valid.item(), copy.deepcopy(model.state_dict())
    print(f"{epoch}: {valid:.4f} lr {optimizer.param_groups[0]['lr']:.4f}")
model.load_state_dict(best_state)
print(f"best {best:.4f}")
