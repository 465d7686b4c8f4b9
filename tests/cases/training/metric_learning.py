"""Points of one class pulled together, by triplets."""

import torch
from torch import nn

torch.manual_seed(33)
centers = torch.randn(4, 6)
net = nn.Sequential(nn.Linear(6, 12), nn.PReLU(), nn.Linear(12, 3))
criterion = nn.TripletMarginLoss(margin=1.0)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.5)
for step in range(15):
    kinds = torch.randint(4, (24,))
    others = (kinds + 1 + torch.randint(3, (24,))) % 4
    anchor, positive = (centers[kinds] + 0.5 * torch.randn(24, 6) for _ in range(2))
    negative = centers[others] + 0.5 * torch.randn(24, 6)
    loss = criterion(net(anchor), net(positive), net(negative))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 3 == 0:
        print(f"{step:2d} {loss.item():.4f}")
