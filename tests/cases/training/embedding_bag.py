"""Sentences as bags of words, judged good or bad."""

import torch
from torch import nn

torch.manual_seed(16)
sentences = ["a good film", "a bad film", "good good fun", "a bad bad day", "fun", "what a bad film", "a good day out"]
labels = torch.tensor([1, 0, 1, 0, 1, 0, 1])
words = sorted({word for sentence in sentences for word in sentence.split()})
tokens = [torch.tensor([words.index(word) for word in sentence.split()]) for sentence in sentences]
offsets = torch.tensor([0] + [len(each) for each in tokens[:-1]]).cumsum(0)
text = torch.cat(tokens)


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.EmbeddingBag(len(words), 6, mode="mean")
        self.fc = nn.Linear(6, 2)
        self.embedding.weight.data.uniform_(-0.5, 0.5)
        self.fc.bias.data.zero_()

    def forward(self, text, offsets):
        return self.fc(self.embedding(text, offsets))


model = Bag()
optimizer = torch.optim.SGD(model.parameters(), lr=2.0)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10, gamma=0.5)
for epoch in range(30):
    optimizer.zero_grad()
    loss = nn.CrossEntropyLoss()(model(text, offsets), labels)
    loss.backward()
    optimizer.step()
    scheduler.step()
    if epoch % 6 == 5:
        print(f"{epoch} {loss.item():.4f} {scheduler.get_last_lr()[0]:.3f}")
print(model(text, offsets).argmax(1).tolist())
