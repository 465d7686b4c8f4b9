"""A convolution along a sequence, with batch normalisation."""

import torch
from torch import nn

torch.manual_seed(13)
t = torch.arange(32) / 32
rate = (torch.arange(30) % 3 + 1).float()
x = (torch.sin(6.2832 * rate.view(-1, 1) * t) + 0.2 * torch.randn(30, 32)).unsqueeze(1)
y = torch.arange(30) % 3
model = nn.Sequential(
    nn.Conv1d(1, 6, 5, padding=2), nn.BatchNorm1d(6), nn.LeakyReLU(0.1), nn.AvgPool1d(4), nn.Flatten(), nn.Linear(48, 3)
)
optimizer = torch.optim.NAdam(model.parameters(), lr=0.01)
loss_fn = nn.NLLLoss()
for step in range(15):
    optimizer.zero_grad()
    loss = loss_fn(torch.log_softmax(model(x), dim=1), y)
    loss.backward()
    optimizer.step()
    if step % 5 == 0:
        print(f"{loss.item():.4f}")
