"""A small transformer that copies a sequence backwards."""

import torch
from torch import nn

torch.manual_seed(21)
x = torch.randint(0, 8, (32, 6))
y = x.flip(1)


class Model(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.token = nn.Embedding(8, d)
        self.position = nn.Parameter(torch.zeros(6, d))
        layer = nn.TransformerEncoderLayer(d, nhead=2, dim_feedforward=32, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2)
        self.head = nn.Linear(d, 8)
        nn.init.normal_(self.position, std=0.1)

    def forward(self, x):
        return self.head(self.encoder(self.token(x) + self.position))


model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 0.2, total_iters=8)
for step in range(16):
    loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 4 == 3:
        print(f"{step + 1} {loss.item():.4f}")
