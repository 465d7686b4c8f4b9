"""Every scheduler on the same problem: the rates it sets and where the loss goes."""

import torch
from torch import nn
from torch.optim import lr_scheduler as S

builders = {
    "lambda": lambda o: S.LambdaLR(o, lambda epoch: 0.95**epoch),
    "multiplicative": lambda o: S.MultiplicativeLR(o, lambda epoch: 0.9),
    "step": lambda o: S.StepLR(o, 3),
    "multistep": lambda o: S.MultiStepLR(o, [2, 6]),
    "constant": lambda o: S.ConstantLR(o, 0.5, 4),
    "linear": lambda o: S.LinearLR(o, 0.1, total_iters=6),
    "exponential": lambda o: S.ExponentialLR(o, 0.8),
    "polynomial": lambda o: S.PolynomialLR(o, 9, 2.0),
    "cosine": lambda o: S.CosineAnnealingLR(o, 6),
    "restarts": lambda o: S.CosineAnnealingWarmRestarts(o, 3, 2),
    "cyclic": lambda o: S.CyclicLR(o, 0.01, 0.1, 3),
    "one cycle": lambda o: S.OneCycleLR(o, 0.2, total_steps=10),
    "plateau": lambda o: S.ReduceLROnPlateau(o, patience=0, threshold=0.3),
    "sequential": lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.1, total_iters=3), S.ExponentialLR(o, 0.9)], [3]),
    "chained": lambda o: S.ChainedScheduler([S.ConstantLR(o, 0.1, 3), S.ExponentialLR(o, 0.9)]),
}
for name, build in builders.items():
    torch.manual_seed(27)
    x = torch.randn(30, 2)
    y = x[:, :1] - 2 * x[:, 1:] + 1
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = build(optimizer)
    for _ in range(9):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step(loss.detach()) if name == "plateau" else scheduler.step()
    print(f"{name:15s} {loss.item():.4f} {scheduler.get_last_lr()[0]:.6f}")
