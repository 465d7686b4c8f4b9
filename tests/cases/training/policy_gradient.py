"""A bandit with three arms, learned by policy gradients."""

import torch
from torch import nn

torch.manual_seed(34)
payout = torch.tensor([0.2, 0.5, 0.8])
policy = nn.Linear(1, 3, bias=False)
optimizer = torch.optim.Adam(policy.parameters(), lr=0.1)
baseline = 0.0
for episode in range(60):
    probabilities = torch.softmax(policy(torch.ones(1)), dim=-1)
    arm = torch.multinomial(probabilities, 1).item()
    reward = torch.bernoulli(payout[arm]).item()
    loss = -torch.log(probabilities[arm]) * (reward - baseline)
    baseline += 0.1 * (reward - baseline)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if episode % 15 == 14:
        print(episode, [round(p, 4) for p in probabilities.tolist()], f"{baseline:.4f}")
