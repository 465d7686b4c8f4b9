"""A decoder-only language model of characters, with a causal mask and weights that are tied."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(22)
text = "to be or not to be that is the question "
letters = sorted(set(text))
codes = torch.tensor([letters.index(letter) for letter in text])


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.project = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.mlp = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d))

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (each.view(b, t, self.heads, -1).transpose(1, 2) for each in self.qkv(self.norm1(x)).chunk(3, dim=-1))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.project(mixed.transpose(1, 2).reshape(b, t, d))
        return x + self.mlp(self.norm2(x))


class Model(nn.Module):
    def __init__(self, d=12, t=8):
        super().__init__()
        self.token, self.position = nn.Embedding(len(letters), d), nn.Embedding(t, d)
        self.blocks = nn.ModuleList(Block(d, 2) for _ in range(2))
        self.norm = nn.LayerNorm(d)
        self.head = nn.Linear(d, len(letters), bias=False)
        self.head.weight = self.token.weight

    def forward(self, x):
        h = self.token(x) + self.position(torch.arange(x.size(1)))
        for block in self.blocks:
            h = block(h)
        return self.head(self.norm(h))


model = Model()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.005, betas=(0.9, 0.95))
for step in range(12):
    start = torch.randint(len(codes) - 9, (6,))
    rows = torch.stack([codes[i : i + 9] for i in start])
    logits = model(rows[:, :-1])
    loss = F.cross_entropy(logits.reshape(-1, len(letters)), rows[:, 1:].reshape(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 3 == 2:
        print(f"{step + 1}: {loss.item():.4f}")
print(sum(p.numel() for p in model.parameters()))
