"""nn.MultiheadAttention with a mask of what lies ahead."""

import torch
from torch import nn

torch.manual_seed(20)
x = torch.randn(8, 5, 12)
y = x.cumsum(1)
attention = nn.MultiheadAttention(12, 3, batch_first=True)
norm = nn.LayerNorm(12)
head = nn.Linear(12, 12)
mask = torch.triu(torch.ones(5, 5, dtype=torch.bool), diagonal=1)
optimizer = torch.optim.AdamW([*attention.parameters(), *norm.parameters(), *head.parameters()], lr=0.01)
for step in range(20):
    h, weights = attention(x, x, x, attn_mask=mask)
    loss = nn.functional.mse_loss(head(norm(x + h)), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 5 == 0:
        print(f"{loss.item():.4f} {weights[0, 1, 0].item():.4f}")
