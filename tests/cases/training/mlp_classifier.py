"""A small net in batches, with a data loader that shuffles."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)
angle = torch.rand(200) * 6.2832
radius = torch.where(torch.arange(200) % 2 == 0, 1.0, 2.0) + 0.1 * torch.randn(200)
data = TensorDataset(torch.stack([radius * angle.cos(), radius * angle.sin()], 1), torch.arange(200) % 2)
loader = DataLoader(data, batch_size=32, shuffle=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(2, 16)
        self.output = nn.Linear(16, 2)

    def forward(self, x):
        return self.output(torch.relu(self.hidden(x)))


model = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(5):
    total, right = 0.0, 0
    for x, y in loader:
        optimizer.zero_grad()
        output = model(x)
        loss = criterion(output, y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        right += (output.argmax(1) == y).sum().item()
    print(f"epoch {epoch} loss {total / len(data):.4f} right {right}")
