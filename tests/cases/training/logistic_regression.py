"""Two clouds of points, told apart by a line."""

import torch
from torch import nn

torch.manual_seed(4)
x = torch.cat([torch.randn(50, 2) + 1.5, torch.randn(50, 2) - 1.5])
y = torch.cat([torch.ones(50, 1), torch.zeros(50, 1)])
model = nn.Linear(2, 1)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for epoch in range(40):
    loss = criterion(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 10 == 0:
        accuracy = ((model(x) > 0).float() == y).float().mean()
        print(f"{epoch:2d} loss {loss.item():.4f} accuracy {accuracy.item():.2f}")
