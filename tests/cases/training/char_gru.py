"""The next character of a line of text, by an GRU."""

import torch
from torch import nn

torch.manual_seed(14)
text = "the quick brown fox jumps over the lazy dog. "
letters = sorted(set(text))
codes = torch.tensor([letters.index(letter) for letter in text])


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(letters), 8)
        self.rnn = nn.GRU(8, 20, batch_first=True)
        self.output = nn.Linear(20, len(letters))

    def forward(self, x, state=None):
        features, state = self.rnn(self.embedding(x), state)
        return self.output(features), state


model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
criterion = nn.CrossEntropyLoss()
x, y = codes[:-1].view(4, 11), codes[1:].view(4, 11)
for step in range(40):
    optimizer.zero_grad()
    output, _ = model(x)
    loss = criterion(output.reshape(-1, len(letters)), y.reshape(-1))
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 10 == 9:
        print(f"{step + 1}: {loss.item():.4f}")
with torch.no_grad():
    letter, state, said = codes[:1].view(1, 1), None, ""
    for _ in range(10):
        output, state = model(letter, state)
        letter = output[:, -1:].argmax(-1)
        said += letters[letter.item()]
print(said)
