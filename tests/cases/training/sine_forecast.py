"""The next value of a wave, by an LSTM cell stepped by hand."""

import torch
from torch import nn

torch.manual_seed(15)
wave = torch.sin(torch.arange(41) * 0.3) * torch.tensor([[1.0], [0.7], [0.4]])
cell = nn.LSTMCell(1, 12)
linear = nn.Linear(12, 1)
optimizer = torch.optim.RMSprop([*cell.parameters(), *linear.parameters()], lr=0.01)
for step in range(15):
    h, c = torch.zeros(3, 12), torch.zeros(3, 12)
    outputs = []
    for x in wave[:, :-1].split(1, dim=1):
        h, c = cell(x, (h, c))
        outputs.append(linear(h))
    loss = nn.functional.mse_loss(torch.cat(outputs, 1), wave[:, 1:])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 5 == 4:
        print(f"{loss.item():.4f}")
