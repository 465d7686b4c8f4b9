"""One cycle over mini-batches, with gradients collected over two batches."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(28)
x = torch.randn(80, 5)
y = (x.abs().sum(1) > 4).long()
loader = DataLoader(TensorDataset(x, y), batch_size=10, shuffle=True, drop_last=True)
model = nn.Sequential(nn.Linear(5, 20), nn.SiLU(), nn.Linear(20, 2))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, epochs=4, steps_per_epoch=len(loader) // 2)
for epoch in range(4):
    total = 0.0
    for i, (xb, yb) in enumerate(loader):
        loss = nn.functional.cross_entropy(model(xb), yb) / 2
        loss.backward()
        total += 2 * loss.item()
        if i % 2 == 1:
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
    print(f"{epoch} {total / len(loader):.4f} {scheduler.get_last_lr()[0]:.6f}")
