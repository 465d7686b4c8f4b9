"""Residual blocks, group normalisation, strided convolutions and average pooling."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(12)
x = torch.randn(24, 3, 8, 8)
y = torch.arange(24) % 3
x += y.view(-1, 1, 1, 1) * torch.linspace(-0.5, 0.5, 8)


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.GroupNorm(2, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return F.relu(x + self.conv2(F.relu(self.norm1(self.conv1(x)))))


model = nn.Sequential(
    nn.Conv2d(3, 8, 3, stride=2, padding=1), Block(8), Block(8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for step in range(12):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y, label_smoothing=0.1)
    loss.backward()
    optimizer.step()
    if step % 3 == 0:
        print(step, f"{loss.item():.4f}")
print(sum(p.numel() for p in model.parameters()))
