"""A generator of numbers and its critic, on one dimension."""

import torch
from torch import nn

torch.manual_seed(24)
G = nn.Sequential(nn.Linear(3, 12), nn.LeakyReLU(0.2), nn.Linear(12, 1))
D = nn.Sequential(nn.Linear(1, 12), nn.LeakyReLU(0.2), nn.Linear(12, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer_g = torch.optim.Adam(G.parameters(), lr=0.01, betas=(0.5, 0.999))
optimizer_d = torch.optim.Adam(D.parameters(), lr=0.01, betas=(0.5, 0.999))
real, fake = torch.ones(32, 1), torch.zeros(32, 1)
for step in range(20):
    samples = torch.randn(32, 1) * 0.5 + 2
    made = G(torch.randn(32, 3))
    loss_d = criterion(D(samples), real) + criterion(D(made.detach()), fake)
    optimizer_d.zero_grad()
    loss_d.backward()
    optimizer_d.step()
    loss_g = criterion(D(made), real)
    optimizer_g.zero_grad()
    loss_g.backward()
    optimizer_g.step()
    if step % 5 == 4:
        print(f"{step + 1} D {loss_d.item():.4f} G {loss_g.item():.4f} mean {made.mean().item():.4f}")
