"""The lines that the cases about training are made of: optimizers, schedulers, mistakes, orders of data.

Each line is code that PyTorch and tensorkit both understand; `training_cases.py` says what is done with it.
"""

OPTIMIZERS = """
SGD(ps, lr=0.1)
SGD(ps, lr=0.05, momentum=0.9)
SGD(ps, lr=0.05, momentum=0.9, dampening=0.3, weight_decay=0.01)
SGD(ps, lr=0.05, momentum=0.9, nesterov=True)
SGD(ps, lr=0.01, maximize=True)
SGD(groups, lr=0.1, momentum=0.5)
Adam(ps)
Adam(ps, lr=0.05, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1)
Adam(ps, lr=0.05, amsgrad=True)
Adam(ps, lr=0.01, maximize=True, weight_decay=0.01)
Adam(groups, lr=0.02)
AdamW(ps, lr=0.05)
AdamW(ps, lr=0.05, weight_decay=0.2, amsgrad=True)
RMSprop(ps)
RMSprop(ps, lr=0.02, alpha=0.9, momentum=0.8, weight_decay=0.01)
RMSprop(ps, lr=0.02, centered=True)
RMSprop(ps, lr=0.02, centered=True, momentum=0.5)
Adagrad(ps)
Adagrad(ps, lr=0.1, lr_decay=0.01, weight_decay=0.01, initial_accumulator_value=0.1)
Adadelta(ps)
Adadelta(ps, lr=0.5, rho=0.8, weight_decay=0.01, maximize=True)
Adamax(ps)
Adamax(ps, lr=0.05, betas=(0.7, 0.95), weight_decay=0.01)
NAdam(ps)
NAdam(ps, lr=0.05, momentum_decay=0.01, weight_decay=0.01)
NAdam(ps, lr=0.05, weight_decay=0.01, decoupled_weight_decay=True)
RAdam(ps)
RAdam(ps, lr=0.05, weight_decay=0.01)
RAdam(ps, lr=0.05, weight_decay=0.01, decoupled_weight_decay=True, betas=(0.8, 0.9))
Rprop(ps)
Rprop(ps, lr=0.05, etas=(0.4, 1.3), step_sizes=(1e-4, 1), maximize=True)
ASGD(ps)
ASGD(ps, lr=0.1, lambd=0.001, alpha=0.6, t0=20, weight_decay=0.01)
LBFGS(ps, max_iter=3, lr=0.5)
LBFGS(ps, max_iter=4, history_size=5, line_search_fn="strong_wolfe")
""".strip().splitlines()

#: With `differentiable=True`: two steps (or one, where PyTorch's second overwrites what its first one needs), then the
#: gradients of what comes out, by the first values and, where PyTorch takes a tensor, by the rate.
LEARNED = """
SGD([p], lr=lr, weight_decay=0.1)
SGD([p], lr=lr, momentum=0.9, nesterov=True)
SGD([p], lr=lr, maximize=True)
Adam([p], lr=lr)
Adam([p], lr=lr, amsgrad=True, weight_decay=0.1)  # one step
AdamW([p], lr=lr)
Adamax([p], lr=0.1)  # one step
NAdam([p], lr=lr)  # one step
RAdam([p], lr=lr, betas=(0.9, 0.6))
RMSprop([p], lr=0.1, centered=True, momentum=0.5)  # one step
Adagrad([p], lr=0.1)
Adadelta([p], lr=0.1)
Rprop([p], lr=0.1)  # one step
ASGD([p], lr=0.1)
""".strip().splitlines()

SCHEDULERS = """
LambdaLR(o, lambda e: 0.9 ** e)
LambdaLR(o, [lambda e: 1 / (1 + e), lambda e: 0.5 ** (e // 3)])
MultiplicativeLR(o, lambda e: 0.95)
StepLR(o, 3)
StepLR(o, step_size=2, gamma=0.5)
MultiStepLR(o, [2, 5, 5, 11], gamma=0.3)
ConstantLR(o)
ConstantLR(o, factor=0.5, total_iters=4)
LinearLR(o)
LinearLR(o, start_factor=0.1, end_factor=0.8, total_iters=7)
ExponentialLR(o, 0.9)
PolynomialLR(o, total_iters=8, power=2.0)
CosineAnnealingLR(o, T_max=5)
CosineAnnealingLR(o, T_max=10, eta_min=0.01)
CosineAnnealingWarmRestarts(o, T_0=4)
CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2, eta_min=0.001)
CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=3)
CyclicLR(o, base_lr=[0.01, 0.02], max_lr=[0.1, 0.3], step_size_up=2, step_size_down=5, mode="triangular2")
CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=3, mode="exp_range", gamma=0.9)
CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=3, scale_fn=lambda x: 1 / x, cycle_momentum=False)
OneCycleLR(o, max_lr=0.5, total_steps=20)
OneCycleLR(o, max_lr=[0.5, 0.2], epochs=4, steps_per_epoch=5, anneal_strategy="linear", pct_start=0.4)
OneCycleLR(o, max_lr=0.5, total_steps=20, three_phase=True, div_factor=10.0, cycle_momentum=False)
SequentialLR(o, [L.ConstantLR(o, factor=0.1, total_iters=3), L.ExponentialLR(o, gamma=0.9)], milestones=[4])
SequentialLR(o, [L.LinearLR(o, 0.1, total_iters=5), L.CosineAnnealingLR(o, 10), L.StepLR(o, 2)], milestones=[5, 12])
ChainedScheduler([L.ConstantLR(o, factor=0.1, total_iters=3), L.ExponentialLR(o, gamma=0.9)])
ReduceLROnPlateau(o, patience=1)
ReduceLROnPlateau(o, mode="max", factor=0.5, patience=2, threshold=0.1, threshold_mode="abs", cooldown=1, min_lr=[0.01, 0.02])
""".strip().splitlines()  # noqa: E501

MISTAKES = """
optim.SGD([], lr=0.1)
optim.SGD(w, lr=0.1)
optim.SGD([1.0], lr=0.1)
optim.SGD([w * 2], lr=0.1)
optim.SGD([w], lr=-1)
optim.SGD([w], lr=0.1, momentum=-1)
optim.SGD([w], lr=0.1, weight_decay=-1)
optim.SGD([w], lr=0.1, nesterov=True)
optim.SGD({w}, lr=0.1)
optim.SGD([{"params": {w}}], lr=0.1)
optim.SGD([{"params": [w]}, {"params": [w]}], lr=0.1)
optim.SGD([("w", w), v], lr=0.1)
optim.SGD([w], lr=torch.tensor([0.1, 0.2]))
optim.SGD([w], lr=0.1).add_param_group([v])
optim.SGD([w], lr=0.1).load_state_dict(optim.SGD([w, v], lr=0.1).state_dict())
optim.SGD([w], lr=0.1).load_state_dict(optim.SGD([{"params": [w]}, {"params": [v]}], lr=0.1).state_dict())
optim.Adam([w], betas=(1.0, 0.9))
optim.Adam([w], betas=(0.9, -0.1))
optim.Adam([w], eps=-1)
optim.Adam([w], betas=(0, 0.9))
optim.Adam([w], fused=True, foreach=True)
optim.Adam([w], fused=True, differentiable=True)
stepped(optim.Adam([w], capturable=True))
stepped(optim.Adam([w], capturable=True, foreach=True))
stepped(optim.Adadelta([w], capturable=True))
stepped(optim.NAdam([w], capturable=True))
stepped(optim.NAdam([w], capturable=True, foreach=True))
stepped(optim.ASGD([w], capturable=True))
stepped(optim.RMSprop([w], differentiable=True, foreach=True))
stepped(optim.RMSprop([w], differentiable=True))
optim.RMSprop([w], alpha=-1)
optim.RMSprop([w], momentum=-1)
optim.Adagrad([w], lr_decay=-1)
optim.Adadelta([w], rho=1.5)
optim.NAdam([w], momentum_decay=-1)
optim.Rprop([w], etas=(1.5, 1.2))
optim.LBFGS([{"params": [w]}, {"params": [v]}])
optim.Optimizer([w], {}).step()
L.StepLR(w, 3)
L.StepLR(o, 3, last_epoch=4)
L.LambdaLR(o, [lambda e: 1, lambda e: 1])
L.MultiplicativeLR(o, 3)
L.ConstantLR(o, factor=2)
L.LinearLR(o, start_factor=0)
L.LinearLR(o, end_factor=2)
L.CosineAnnealingWarmRestarts(o, 0)
L.CosineAnnealingWarmRestarts(o, 3, T_mult=0)
L.CyclicLR(o, 0.1, 0.2, mode="x")
L.CyclicLR(o, [0.1, 0.1], 0.2)
L.CyclicLR(optim.Adagrad([w]), 0.1, 0.2)
L.OneCycleLR(o, 0.1)
L.OneCycleLR(o, 0.1, total_steps=0)
L.OneCycleLR(o, 0.1, epochs=2, steps_per_epoch=0)
L.OneCycleLR(o, 0.1, total_steps=9, pct_start=2.0)
L.OneCycleLR(o, 0.1, total_steps=9, anneal_strategy="x")
L.SequentialLR(o, [], [])
L.SequentialLR(o, [L.StepLR(o, 1)], [1])
L.SequentialLR(o, [L.ReduceLROnPlateau(o)], [])
L.SequentialLR(o, [3], [])
L.ChainedScheduler([])
L.ChainedScheduler([L.StepLR(o, 1), L.ReduceLROnPlateau(o)])
L.ReduceLROnPlateau(o, factor=1.0)
L.ReduceLROnPlateau(o, mode="x")
L.ReduceLROnPlateau(o, threshold_mode="x")
L.ReduceLROnPlateau(o, min_lr=[0, 0])
D.DataLoader([1], num_workers=-1)
D.DataLoader([1], timeout=-1)
D.DataLoader([1], prefetch_factor=2)
D.DataLoader([1], persistent_workers=True)
D.DataLoader([1], shuffle=True, sampler=[0])
D.DataLoader([1], batch_sampler=[[0]], batch_size=2)
D.DataLoader([1], batch_size=None, drop_last=True)
D.DataLoader([1], batch_size=0)
D.DataLoader([1], batch_size=2.0)
D.DataLoader([], shuffle=True)
D.DataLoader([1], multiprocessing_context="fork")
list(D.DataLoader([1, None], batch_size=2))
list(D.DataLoader([None]))
list(D.DataLoader([torch.zeros(2), torch.zeros(3)], batch_size=2))
list(D.DataLoader([[1, 2], [3]], batch_size=2))
list(D.DataLoader([{1}]))
D.default_collate([object()])
D.default_collate([np.array(["a"])])
D.TensorDataset(torch.zeros(2), torch.zeros(3))
D.ConcatDataset([])
D.ConcatDataset([[1, 2]])[-3]
D.Dataset()[0]
D.random_split([1, 2, 3], [1, 1])
D.random_split([1, 2, 3], [0.5, -0.5, 1.0])
D.StackDataset([1], [1, 2])
D.StackDataset()
D.RandomSampler([], replacement=False)
D.RandomSampler([1], replacement=1)
D.RandomSampler([1], num_samples=0)
D.WeightedRandomSampler([1.0], 0)
D.WeightedRandomSampler([[1.0]], 1)
D.WeightedRandomSampler([1.0], 1, replacement=3)
D.BatchSampler([0], 0, False)
D.BatchSampler([0], 1, 3)
setattr(D.DataLoader([1]), "batch_size", 3)
""".strip().splitlines()

ORDERS = """
[*D.DataLoader(range(10), batch_size=3, shuffle=True)]
[*D.DataLoader(range(10), batch_size=3, shuffle=True, drop_last=True)]
[*D.DataLoader(range(10), batch_size=5)] + [torch.rand(1)]
[*D.DataLoader(range(10), batch_size=5, shuffle=True)] + [torch.rand(1)]
[*D.DataLoader(range(10), shuffle=True, batch_size=4, generator=g)] + [torch.rand(1, generator=g)]
[*D.DataLoader(range(8), shuffle=True, batch_size=4, generator=g)] + [torch.rand(1, generator=g)]
[next(iter(D.DataLoader(range(8), shuffle=True, batch_size=4, generator=g)))] + [torch.rand(1, generator=g)]
[iter(D.DataLoader(range(8), shuffle=True)) is None, torch.rand(1)]
[[*loader] for loader in [D.DataLoader(range(6), batch_size=4, shuffle=True)] for _ in range(3)]
[*D.DataLoader(D.TensorDataset(torch.arange(40.0).view(20, 2), torch.arange(20)), batch_size=8, shuffle=True)]
[*D.DataLoader(D.TensorDataset(torch.arange(40.0).view(20, 2), torch.arange(20)), batch_size=8, drop_last=True)]
[*D.DataLoader(D.TensorDataset(torch.arange(8.0)), batch_size=8, shuffle=True, generator=g)] + [torch.rand(1, generator=g)]
[*D.DataLoader(D.TensorDataset(torch.arange(8.0)), batch_size=None)]
[*D.DataLoader(D.TensorDataset(torch.arange(8.0)), batch_size=3, collate_fn=lambda rows: len(rows))]
[*D.DataLoader(D.random_split(D.TensorDataset(torch.arange(10)), [7, 3])[0], batch_size=4, shuffle=True)]
[[*part] for part in D.random_split(range(10), [0.55, 0.25, 0.2])]
[[*part] for part in D.random_split(range(10), [4, 6], generator=g)]
[[*part] for part in D.random_split(range(10), [0.5, 0.5], torch.Generator().manual_seed(42))]
[*D.RandomSampler(range(7))]
[*D.RandomSampler(range(7), num_samples=17)]
[*D.RandomSampler(range(7), replacement=True, num_samples=40)]
[*D.RandomSampler(range(7), replacement=True, generator=g)] + [torch.rand(1, generator=g)]
[*D.RandomSampler(range(7), generator=g)] + [torch.rand(1, generator=g)]
[*D.SubsetRandomSampler([3, 1, 4, 1, 5])]
[*D.SubsetRandomSampler([3, 1, 4, 1, 5], generator=g)]
[*D.WeightedRandomSampler([0.1, 0.2, 0.7], 12)]
[*D.WeightedRandomSampler([0.1, 0.2, 0.7], 2, replacement=False)]
[*D.WeightedRandomSampler(torch.tensor([0.1, 0.2, 0.7]), 5, generator=g)]
[*D.BatchSampler(D.RandomSampler(range(7)), 3, False)]
[*D.BatchSampler(D.SequentialSampler(range(7)), 3, True)]
[*D.DataLoader(range(9), batch_sampler=D.BatchSampler(D.RandomSampler(range(9)), 2, True))]
[*D.DataLoader(range(9), sampler=D.WeightedRandomSampler([1.0] * 9, 9), batch_size=4)]
[*D.DataLoader(D.TensorDataset(torch.arange(9)), sampler=[8, 0, 3], batch_size=2)]
[*D.DataLoader(range(5), sampler=Backwards(5), batch_size=2)]
D.default_convert([np.ones(2), {"a": 1.5, "b": (np.float32(2), "c")}, Point(3, np.arange(2))])
[*D.DataLoader([(torch.ones(2) * i, i, i / 2, str(i)) for i in range(4)], batch_size=2)]
[*D.DataLoader([{"x": torch.ones(2) * i, "y": [i, (i, "a")]} for i in range(4)], batch_size=3)]
[*D.DataLoader([np.ones(2) * i for i in range(3)], batch_size=2)]
[*D.DataLoader([np.float32(i) for i in range(3)], batch_size=2)]
[*D.DataLoader([True, False], batch_size=2)]
[*D.DataLoader([b"a", b"b"], batch_size=2)]
[*D.DataLoader([Point(1, 2.0), Point(3, 4.0)], batch_size=2)]
[*D.DataLoader([np.ones(2), {"a": (1, np.ones(1))}], batch_size=None)]
[*D.DataLoader(Counting(7), batch_size=3)]
[*D.DataLoader(Counting(7), batch_size=3, drop_last=True)]
[*D.DataLoader(Counting(3), batch_size=None)]
[*D.DataLoader(D.ChainDataset([Counting(2), Counting(3)]), batch_size=2)]
[*D.DataLoader(Counting(2) + Counting(2), batch_size=4)]
[*D.DataLoader(D.ConcatDataset([range(3), range(10, 13)]), batch_size=4)]
[*D.DataLoader(D.TensorDataset(torch.arange(3)) + D.TensorDataset(torch.arange(2)), batch_size=4)]
[*D.DataLoader(D.StackDataset(range(4), D.TensorDataset(torch.arange(4))), batch_size=3)]
[*D.DataLoader(D.StackDataset(a=range(4), b=range(4)), batch_size=3)]
[*D.DataLoader(D.Subset(D.TensorDataset(torch.arange(9), -torch.arange(9)), [5, 7, 1]), batch_size=2)]
[D.Subset(range(9), [5, 7, 1])[1], len(D.Subset(range(9), [5, 7, 1])), D.TensorDataset(torch.arange(4), torch.ones(4))[1:3]]
[len(D.DataLoader(range(10), batch_size=3)), len(D.DataLoader(range(10), batch_size=3, drop_last=True)), len(D.DataLoader(Counting(7), batch_size=2)), len(D.DataLoader(range(4), batch_size=None))]
[*D.DataLoader(range(7), batch_size=2, shuffle=True, num_workers=2)]
[*D.DataLoader(D.TensorDataset(torch.arange(7), torch.rand(7, 2)), batch_size=2, shuffle=True, num_workers=2)] + [torch.rand(1)]
[*D.DataLoader(Drawing(6), batch_size=2, num_workers=2)]
[*D.DataLoader(Sharded(9), batch_size=2, num_workers=2)]
[[*loader] for loader in [D.DataLoader(Drawing(5), num_workers=2, persistent_workers=True, shuffle=True)] for _ in range(3)] + [torch.rand(1)]
""".strip().splitlines()  # noqa: E501
