"""Eight numbers through a waist of two."""

import torch
from torch import nn

torch.manual_seed(10)
hidden = torch.randn(100, 2)
x = torch.tanh(hidden @ torch.randn(2, 8))


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(8, 6), nn.ReLU(True), nn.Linear(6, 2))
        self.decoder = nn.Sequential(nn.Linear(2, 6), nn.ReLU(True), nn.Linear(6, 8), nn.Tanh())

    def forward(self, x):
        return self.decoder(self.encoder(x))


model = Autoencoder()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-5)
for epoch in range(60):
    loss = nn.MSELoss()(model(x), x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 15 == 14:
        print(f"epoch [{epoch + 1}/60], loss:{loss.data:.4f}")
