"""Every optimizer on the same net from the same start."""

import torch
from torch import nn, optim

torch.manual_seed(25)
x = torch.randn(40, 3)
y = torch.sin(x.sum(1, keepdim=True))
builders = {
    "SGD": lambda ps: optim.SGD(ps, lr=0.1),
    "momentum": lambda ps: optim.SGD(ps, lr=0.05, momentum=0.9),
    "Nesterov": lambda ps: optim.SGD(ps, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.001),
    "Adam": lambda ps: optim.Adam(ps, lr=0.01),
    "AMSGrad": lambda ps: optim.Adam(ps, lr=0.01, amsgrad=True),
    "AdamW": lambda ps: optim.AdamW(ps, lr=0.01),
    "Adamax": lambda ps: optim.Adamax(ps, lr=0.01),
    "NAdam": lambda ps: optim.NAdam(ps, lr=0.01),
    "RAdam": lambda ps: optim.RAdam(ps, lr=0.01),
    "RMSprop": lambda ps: optim.RMSprop(ps, lr=0.01),
    "Adagrad": lambda ps: optim.Adagrad(ps, lr=0.05),
    "Adadelta": lambda ps: optim.Adadelta(ps, lr=1.0),
    "ASGD": lambda ps: optim.ASGD(ps, lr=0.1),
    "Rprop": lambda ps: optim.Rprop(ps, lr=0.01),
}
for name, build in builders.items():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 10), nn.Tanh(), nn.Linear(10, 1))
    optimizer = build(model.parameters())
    for _ in range(20):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    print(f"{name:10s} {loss.item():.4f}")
