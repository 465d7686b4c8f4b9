"""A variational autoencoder: noise from the seed, reconstruction and divergence."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(23)
x = (torch.rand(64, 1) < torch.linspace(0.1, 0.9, 16)).float()


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(16, 12)
        self.mu, self.logvar = nn.Linear(12, 2), nn.Linear(12, 2)
        self.fc3, self.fc4 = nn.Linear(2, 12), nn.Linear(12, 16)

    def encode(self, x):
        h = F.relu(self.fc1(x))
        return self.mu(h), self.logvar(h)

    def forward(self, x):
        mu, logvar = self.encode(x)
        std = torch.exp(0.5 * logvar)
        z = mu + torch.randn_like(std) * std
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar


model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(20):
    reconstruction, mu, logvar = model(x)
    bce = F.binary_cross_entropy(reconstruction, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    loss = (bce + kld) / len(x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 5 == 4:
        print(f"{epoch + 1} {loss.item():.4f} {kld.item() / len(x):.4f}")
