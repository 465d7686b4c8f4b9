"""One body, two tasks: a module dictionary, losses added up, initial weights chosen, a layer frozen and thawed."""

import torch
from torch import nn

torch.manual_seed(32)
x = torch.randn(50, 4)
targets = {"sum": x.sum(1, keepdim=True), "sign": (x[:, :1] > 0).float()}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 16), nn.ELU())
        self.heads = nn.ModuleDict({"sum": nn.Linear(16, 1), "sign": nn.Linear(16, 1)})

    def forward(self, x):
        h = self.body(x)
        return {name: head(h) for name, head in self.heads.items()}


def initialise(module):
    if isinstance(module, nn.Linear):
        nn.init.xavier_normal_(module.weight)
        nn.init.zeros_(module.bias)


model = Net()
model.apply(initialise)
losses = {"sum": nn.L1Loss(), "sign": nn.BCEWithLogitsLoss()}
model.body.requires_grad_(False)
optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.05)
for epoch in range(20):
    if epoch == 10:
        model.body.requires_grad_(True)
        optimizer.add_param_group({"params": model.body.parameters(), "lr": 0.01})
    output = model(x)
    parts = {name: losses[name](output[name], targets[name]) for name in losses}
    loss = parts["sum"] + 0.5 * parts["sign"]
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 5 == 4:
        print(epoch, " ".join(f"{name} {part.item():.4f}" for name, part in parts.items()))
