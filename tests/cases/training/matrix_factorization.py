"""Ratings as products of a user's and a film's vector, fitted by parameter groups with rates of their own."""

import torch
from torch import nn

torch.manual_seed(18)
ratings = torch.randn(8, 2) @ torch.randn(2, 10)
users, films = (ratings > -0.5).nonzero(as_tuple=True)


class Factors(nn.Module):
    def __init__(self):
        super().__init__()
        self.user = nn.Embedding(8, 3)
        self.film = nn.Embedding(10, 3)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, u, f):
        return (self.user(u) * self.film(f)).sum(-1) + self.bias


model = Factors()
groups = [
    {"params": [model.user.weight, model.film.weight], "weight_decay": 0.001},
    {"params": [model.bias], "lr": 0.01},
]
optimizer = torch.optim.Adam(groups, lr=0.05)
for step in range(40):
    loss = nn.functional.mse_loss(model(users, films), ratings[users, films])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print(f"{loss.item():.4f}")
print(optimizer)
