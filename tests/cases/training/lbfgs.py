"""A net fitted by L-BFGS with closures, with and without a line search."""

import torch
from torch import nn


def fit(lr, search):
    torch.manual_seed(26)
    x = torch.linspace(-2, 2, 30).unsqueeze(1)
    y = x**2
    model = nn.Sequential(nn.Linear(1, 6), nn.Tanh(), nn.Linear(6, 1))
    optimizer = torch.optim.LBFGS(model.parameters(), lr=lr, max_iter=4, line_search_fn=search)

    def closure():
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        return loss

    for step in range(4):
        loss = optimizer.step(closure)
        print(f"{search} {step} {loss.item():.4f}")


fit(0.5, None)
fit(1, "strong_wolfe")
