"""Dropout and batch normalisation, in training and in evaluation."""

import torch
from torch import nn

torch.manual_seed(8)
x = torch.randn(96, 10)
y = (x[:, 0] * x[:, 1] > 0).long()
model = nn.Sequential(
    nn.Linear(10, 24, bias=False),
    nn.BatchNorm1d(24),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(24, 12),
    nn.ReLU(),
    nn.Linear(12, 2),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.05)
for epoch in range(20):
    model.train()
    for start in range(0, 96, 32):
        optimizer.zero_grad()
        loss = criterion(model(x[start : start + 32]), y[start : start + 32])
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        model.eval()
        with torch.no_grad():
            print(f"epoch {epoch} train {loss.item():.4f} eval {criterion(model(x), y).item():.4f}")
print(model)
