"""The exclusive or, which one layer cannot."""

import torch
from torch import nn, optim

torch.manual_seed(6)
x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Sigmoid())
criterion = nn.BCELoss()
optimizer = optim.Adam(model.parameters(), lr=0.05)
for step in range(1, 121):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    if step % 30 == 0:
        print(f"step {step} loss {loss:.4f}")
print(model(x).round().flatten().tolist())
