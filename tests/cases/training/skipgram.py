"""Word vectors from neighbours, with negative samples drawn by weight."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(17)
text = ["a", "b", "c", "a", "b", "c", "d", "e", "f", "d", "e", "f", "a", "b", "c", "d", "e", "f"]
words = sorted(set(text))
codes = torch.tensor([words.index(word) for word in text])
center, context = torch.cat([codes[:-1], codes[1:]]), torch.cat([codes[1:], codes[:-1]])
counts = torch.bincount(codes).float()
inside, outside = nn.Embedding(len(words), 5), nn.Embedding(len(words), 5)
optimizer = torch.optim.Adagrad([*inside.parameters(), *outside.parameters()], lr=0.3)
for epoch in range(25):
    negative = torch.multinomial(counts**0.75, len(center) * 2, replacement=True).view(-1, 2)
    v = inside(center)
    positive = F.logsigmoid((v * outside(context)).sum(1))
    others = F.logsigmoid(-(outside(negative) @ v.unsqueeze(2)).squeeze(2)).sum(1)
    loss = -(positive + others).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 6 == 0:
        print(f"{epoch:2d} {loss.item():.4f}")
