"""A data set of sequences of different lengths, padded by a collate function."""

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset


class Sums(Dataset):
    def __init__(self, n):
        self.rows = [torch.randn(int(length)) for length in torch.randint(2, 7, (n,))]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        row = self.rows[index]
        return row, (row.sum() > 0).float()


def collate(batch):
    rows, labels = zip(*batch, strict=True)
    lengths = torch.tensor([len(row) for row in rows])
    return pad_sequence(rows, batch_first=True).unsqueeze(-1), lengths, torch.stack(labels)


torch.manual_seed(31)
loader = DataLoader(Sums(48), batch_size=12, shuffle=True, collate_fn=collate)
rnn, head = nn.GRU(1, 10, batch_first=True), nn.Linear(10, 1)
optimizer = torch.optim.Adam([*rnn.parameters(), *head.parameters()], lr=0.02)
for epoch in range(4):
    total = 0.0
    for x, lengths, y in loader:
        features, _ = rnn(x)
        last = features[torch.arange(len(x)), lengths - 1]
        loss = nn.functional.binary_cross_entropy_with_logits(head(last).squeeze(1), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"{epoch} {total / len(loader):.4f}")
