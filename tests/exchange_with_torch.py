"""Networks across the border, both ways: `python tests/exchange_with_torch.py`, with PyTorch and safetensors.

Every module class that both libraries have is made in tensorkit, converted by `to_torch`, and back by `from_torch`;
then made in PyTorch, converted by `from_torch`. Each time all must give the same outputs, to 1e-6. So must a network
whose state dict goes by way of a file.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

import tensorkit  # noqa: E402
from tensorkit.interop import from_torch, to_torch  # noqa: E402
from tensorkit.interop.arguments import ARGUMENTS  # noqa: E402


def number_list(text: str) -> tuple:
    return tuple(int(each) for each in text.split())


IMAGE, SEQUENCE, VOLUME, ROWS = "2 4 8 8", "2 4 9", "2 4 6 6 6", "5 6"

#: Class names; arguments; the shape of the input, or what makes the inputs of a `numpy.random.Generator`.
SAMPLES = [
    ("Linear NonDynamicallyQuantizableLinear", dict(in_features=6, out_features=3), ROWS),
    ("Linear", dict(in_features=6, out_features=3, bias=False), ROWS),
    ("Bilinear", dict(in1_features=6, in2_features=6, out_features=3), "5 6|5 6"),
    ("Identity Module", {}, ROWS),
    ("Flatten", dict(start_dim=1, end_dim=2), IMAGE),
    ("Unflatten", dict(dim=1, unflattened_size=(2, 3)), ROWS),
    ("Conv1d", dict(in_channels=4, out_channels=6, kernel_size=3, stride=2, dilation=2, padding=1, groups=2), SEQUENCE),
    ("Conv2d", dict(in_channels=4, out_channels=6, kernel_size=(3, 2), bias=False), IMAGE),
    ("Conv2d", dict(in_channels=4, out_channels=6, kernel_size=3, padding="same"), IMAGE),
    ("Conv2d", dict(in_channels=4, out_channels=6, kernel_size=3, padding=1, padding_mode="reflect"), IMAGE),
    ("Conv3d", dict(in_channels=4, out_channels=2, kernel_size=3), VOLUME),
    ("ConvTranspose1d", dict(in_channels=4, out_channels=6, kernel_size=3, stride=2, output_padding=1), SEQUENCE),
    ("ConvTranspose2d", dict(in_channels=4, out_channels=6, kernel_size=3, stride=2, padding=1, groups=2), IMAGE),
    ("ConvTranspose3d", dict(in_channels=4, out_channels=2, kernel_size=2, dilation=2, bias=False), VOLUME),
    ("Unfold", dict(kernel_size=3, dilation=1, padding=1, stride=2), IMAGE),
    ("Fold", dict(output_size=(4, 5), kernel_size=2), "2 12 12"),
    ("BatchNorm1d InstanceNorm1d", dict(num_features=4, eps=1e-3, momentum=0.3, affine=True), SEQUENCE),
    ("BatchNorm2d InstanceNorm2d", dict(num_features=4, track_running_stats=True), IMAGE),
    ("BatchNorm2d InstanceNorm2d", dict(num_features=4, affine=False, track_running_stats=False), IMAGE),
    ("BatchNorm3d InstanceNorm3d", dict(num_features=4, affine=True, bias=False), VOLUME),
    ("GroupNorm", dict(num_groups=2, num_channels=4, eps=1e-3), IMAGE),
    ("GroupNorm", dict(num_groups=2, num_channels=4, affine=False), IMAGE),
    ("LayerNorm", dict(normalized_shape=(8, 8), bias=False), IMAGE),
    ("LayerNorm RMSNorm", dict(normalized_shape=6, elementwise_affine=False), ROWS),
    ("RMSNorm", dict(normalized_shape=6, eps=1e-3), ROWS),
    ("LocalResponseNorm", dict(size=2, alpha=1e-2, k=2.0), IMAGE),
    ("Embedding", dict(num_embeddings=9, embedding_dim=4, padding_idx=2), lambda r: [r.integers(0, 9, (3, 5))]),
    ("EmbeddingBag", dict(num_embeddings=9, embedding_dim=4, mode="sum"), lambda r: [r.integers(0, 9, (3, 5))]),
    ("RNN", dict(input_size=6, hidden_size=4, nonlinearity="relu", bias=False), "7 2 6"),
    ("RNN GRU LSTM", dict(input_size=6, hidden_size=4, num_layers=2, bidirectional=True, batch_first=True), "2 7 6"),
    ("LSTM", dict(input_size=6, hidden_size=4, proj_size=2), "7 2 6"),
    ("RNNCell GRUCell LSTMCell", dict(input_size=6, hidden_size=4, bias=False), ROWS),
    ("MultiheadAttention", dict(embed_dim=6, num_heads=2, batch_first=True), "2 5 6|2 5 6|2 5 6"),
    ("MultiheadAttention", dict(embed_dim=6, num_heads=2, kdim=3, vdim=4, bias=False, add_bias_kv=True,
                                add_zero_attn=True), "5 2 6|7 2 3|7 2 4"),
    ("TransformerEncoderLayer", dict(d_model=6, nhead=2, dim_feedforward=8, activation="gelu", dropout=0.3,
                                     layer_norm_eps=1e-3, batch_first=True, norm_first=True, bias=False), "2 5 6"),
    ("TransformerDecoderLayer", dict(d_model=6, nhead=2, dim_feedforward=8), "5 2 6|7 2 6"),
    ("Transformer", dict(d_model=6, nhead=2, num_encoder_layers=2, num_decoder_layers=1, dim_feedforward=8,
                         batch_first=True), "2 5 6|2 7 6"),
    ("Dropout AlphaDropout FeatureAlphaDropout", dict(p=0.3), ROWS),
    ("Dropout1d", dict(p=0.3), SEQUENCE),
    ("Dropout2d", dict(p=0.3), IMAGE),
    ("Dropout3d", dict(p=0.3, inplace=True), VOLUME),
    ("ReLU ReLU6 SELU SiLU Mish Hardsigmoid Hardswish", dict(inplace=True), ROWS),
    ("Sigmoid Tanh LogSigmoid Softsign Tanhshrink", {}, ROWS),
    ("Softmax2d", {}, IMAGE),
    ("ELU CELU", dict(alpha=0.7), ROWS),
    ("LeakyReLU", dict(negative_slope=0.3), ROWS),
    ("RReLU", dict(lower=0.2, upper=0.4), ROWS),
    ("PReLU", dict(num_parameters=6, init=0.1), ROWS),
    ("Hardtanh", dict(min_val=-0.5, max_val=0.3), ROWS),
    ("Threshold", dict(threshold=0.1, value=0.5), ROWS),
    ("Softplus", dict(beta=2, threshold=1), ROWS),
    ("Hardshrink Softshrink", dict(lambd=0.3), ROWS),
    ("GELU", dict(approximate="tanh"), ROWS),
    ("GLU Softmax LogSoftmax Softmin", dict(dim=1), ROWS),
    ("MaxPool1d", dict(kernel_size=3, stride=2, padding=1, dilation=2, ceil_mode=True), SEQUENCE),
    ("MaxPool2d", dict(kernel_size=(3, 2), return_indices=True), IMAGE),
    ("MaxPool3d", dict(kernel_size=2), VOLUME),
    ("MaxUnpool1d", dict(kernel_size=2), lambda r: [floats(r, "2 4 3"), np.arange(0, 6, 2) + np.zeros((2, 4, 1), int)]),
    ("MaxUnpool2d", dict(kernel_size=2), lambda r: [floats(r, "1 1 1 2"), np.array([[[[0, 3]]]])]),
    ("MaxUnpool3d", dict(kernel_size=2), lambda r: [floats(r, "1 1 1 1 2"), np.array([[[[[0, 3]]]]])]),
    ("AvgPool1d", dict(kernel_size=3, stride=2, padding=1, count_include_pad=False), SEQUENCE),
    ("AvgPool2d", dict(kernel_size=3, ceil_mode=True, divisor_override=5), IMAGE),
    ("AvgPool3d", dict(kernel_size=2), VOLUME),
    ("LPPool1d", dict(norm_type=2, kernel_size=3, stride=2), SEQUENCE),
    ("LPPool2d", dict(norm_type=3, kernel_size=2), lambda r: [np.abs(floats(r, IMAGE))]),
    ("LPPool3d", dict(norm_type=2, kernel_size=2, ceil_mode=True), VOLUME),
    ("AdaptiveAvgPool1d AdaptiveMaxPool1d", dict(output_size=4), SEQUENCE),
    ("AdaptiveAvgPool2d AdaptiveMaxPool2d", dict(output_size=(3, None)), IMAGE),
    ("AdaptiveAvgPool3d AdaptiveMaxPool3d", dict(output_size=2), VOLUME),
    ("FractionalMaxPool2d", dict(kernel_size=2, output_size=3, _random_samples=torch.full((2, 4, 2), 0.4)), IMAGE),
    ("FractionalMaxPool3d", dict(kernel_size=2, output_ratio=0.5, return_indices=True,
                                 _random_samples=torch.full((2, 4, 3), 0.4)), VOLUME),
    ("CircularPad1d ReflectionPad1d ReplicationPad1d ZeroPad1d", dict(padding=(1, 2)), SEQUENCE),
    ("CircularPad2d ReflectionPad2d ReplicationPad2d ZeroPad2d", dict(padding=(1, 2, 0, 1)), IMAGE),
    ("CircularPad3d ReflectionPad3d ReplicationPad3d ZeroPad3d", dict(padding=2), VOLUME),
    ("ConstantPad1d", dict(padding=2, value=0.3), SEQUENCE),
    ("ConstantPad2d", dict(padding=2, value=0.3), IMAGE),
    ("ConstantPad3d", dict(padding=2, value=0.3), VOLUME),
    ("PixelShuffle", dict(upscale_factor=2), IMAGE),
    ("PixelUnshuffle", dict(downscale_factor=2), IMAGE),
    ("ChannelShuffle", dict(groups=2), IMAGE),
    ("Upsample", dict(scale_factor=2.0, mode="bilinear", align_corners=True), IMAGE),
    ("Upsample UpsamplingBilinear2d UpsamplingNearest2d", dict(size=(5, 11)), IMAGE),
    ("CosineSimilarity", dict(dim=1, eps=1e-3), "5 6|5 6"),
    ("PairwiseDistance", dict(p=3.0, eps=1e-3, keepdim=True), "5 6|5 6"),
    ("L1Loss MSELoss", dict(reduction="sum"), "5 6|5 6"),
    ("SmoothL1Loss", dict(beta=0.3), "5 6|5 6"),
    ("HuberLoss", dict(delta=0.3), "5 6|5 6"),
    ("SoftMarginLoss HingeEmbeddingLoss", {}, lambda r: [floats(r, ROWS), np.sign(floats(r, ROWS))]),
    ("BCELoss", dict(weight=torch.arange(6.0)), lambda r: [chances(r, ROWS), chances(r, ROWS)]),
    ("BCEWithLogitsLoss", dict(pos_weight=torch.arange(6.0)), lambda r: [floats(r, ROWS), chances(r, ROWS)]),
    ("NLLLoss CrossEntropyLoss MultiMarginLoss", dict(weight=torch.arange(6.0)),
     lambda r: [floats(r, ROWS), r.integers(1, 6, 5)]),
    ("NLLLoss2d", dict(ignore_index=1), lambda r: [floats(r, IMAGE), r.integers(0, 4, (2, 8, 8))]),
    ("CrossEntropyLoss", dict(label_smoothing=0.2), lambda r: [floats(r, ROWS), r.integers(0, 6, 5)]),
    ("KLDivLoss", dict(reduction="batchmean", log_target=True), "5 6|5 6"),
    ("GaussianNLLLoss", dict(full=True), lambda r: [floats(r, ROWS), floats(r, ROWS), r.random((5, 6), np.float32)]),
    ("PoissonNLLLoss", dict(log_input=False, eps=1e-3), lambda r: [r.random((5, 6), np.float32), floats(r, ROWS)]),
    ("CTCLoss", dict(blank=2), lambda r: [np.log(r.random((7, 2, 5), np.float32)), np.array([[1, 3], [4, 1]]),
                                          np.array([7, 6]), np.array([2, 1])]),
    ("MarginRankingLoss", dict(margin=0.3), lambda r: [floats(r, "5"), floats(r, "5"), np.sign(floats(r, "5"))]),
    ("CosineEmbeddingLoss", dict(margin=0.3), lambda r: [floats(r, ROWS), floats(r, ROWS), np.sign(floats(r, "5"))]),
    ("MultiLabelMarginLoss", {}, lambda r: [floats(r, "2 4"), np.array([[3, 0, -1, 1], [1, -1, 0, 2]])]),
    ("MultiLabelSoftMarginLoss", {}, lambda r: [floats(r, ROWS), (r.random((5, 6)) > 0.5).astype(np.float32)]),
    ("TripletMarginLoss", dict(margin=0.7, p=3, swap=True), "5 6|5 6|5 6"),
    ("TripletMarginWithDistanceLoss", dict(margin=0.7, swap=True), "5 6|5 6|5 6"),
    ("AdaptiveLogSoftmaxWithLoss", dict(in_features=6, n_classes=9, cutoffs=[3, 6], head_bias=True),
     lambda r: [floats(r, ROWS), r.integers(0, 9, 5)]),
]  # fmt: skip


def layers(library) -> dict:
    """Networks of several layers, in either library, each with the shape of its input."""
    nn = library.nn
    layer = nn.TransformerEncoderLayer(6, 2, 8, batch_first=True)
    shared = nn.Linear(6, 6)
    frozen = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 3)).double()
    frozen[0].requires_grad_(False)
    return {
        "TransformerEncoder": (nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(6)), "2 5 6"),
        "TransformerDecoder": (nn.TransformerDecoder(nn.TransformerDecoderLayer(6, 2, 8), 2), "5 2 6|7 2 6"),
        "Sequential": (nn.Sequential(shared, nn.Sequential(nn.ReLU(), shared), nn.BatchNorm1d(6)), ROWS),
        "Sequential, float64, partly frozen": (frozen, ROWS),
        "ModuleList": (nn.ModuleList([nn.Linear(2, 3), nn.ModuleDict({"a": nn.Conv2d(1, 2, 3)})]), None),
        "ModuleDict": (nn.ModuleDict({"a": nn.Linear(2, 3), "b": nn.GRU(2, 3)}), None),
        "ParameterList": (nn.ParameterList([library.ones(2), library.zeros(3)]), None),
        "ParameterDict": (nn.ParameterDict({"a": library.ones(2), "b": library.zeros(3)}), None),
    }


def floats(random, shape: str) -> np.ndarray:
    return random.standard_normal(number_list(shape)).astype(np.float32)


def chances(random, shape: str) -> np.ndarray:
    return random.random(number_list(shape), np.float32)


def inputs_of(recipe) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [floats(random, each) for each in recipe.split("|")] if isinstance(recipe, str) else recipe(random)


def flat(found) -> list[np.ndarray]:
    """All tensors of a result, as arrays."""
    if isinstance(found, (tuple, list)):
        return [array for each in found for array in flat(each)]
    return [] if found is None else [found.detach().numpy()]


def results(library, module, recipe, training: bool = False) -> list[np.ndarray]:
    """What the module makes of the inputs in evaluation mode, or the state of one that computes nothing."""
    if recipe is None or type(module) is library.nn.Module:
        return [value.detach().numpy() for _, value in sorted(module.state_dict().items())]
    kind = next((parameter.dtype for parameter in module.parameters()), library.float32)
    given = [library.from_numpy(array) for array in inputs_of(recipe)]
    given = [each.to(kind) if each.is_floating_point() else each for each in given]
    with library.no_grad():
        return flat(module(*given))


def unlike(first, second) -> str:
    """What else than the outputs differs between two modules; '' if nothing does."""
    pairs = list(zip(first.state_dict().items(), second.state_dict().items(), strict=True))
    if any(a[0] != b[0] or str(a[1].dtype) != str(b[1].dtype) for a, b in pairs):
        return "state dict"
    names = [[(name, p.requires_grad) for name, p in each.named_parameters()] for each in (first, second)]
    modes = [[(type(m).__name__, m.training) for m in each.modules()] for each in (first, second)]
    return "parameters" if names[0] != names[1] else "modules" if modes[0] != modes[1] else ""


def compare(name: str, ours, theirs, recipe) -> float:
    """The largest difference of outputs (relative to those above 1) between `ours` or `theirs` and it converted."""
    worst = 0.0
    for first, made, library, other in (
        (ours, to_torch(ours), tensorkit, torch),
        (theirs, from_torch(theirs), torch, tensorkit),
    ):
        back = (from_torch if other is torch else to_torch)(made)
        assert type(made).__name__ == type(first).__name__ and repr(back) == repr(first), name
        for module, where in ((made, other), (back, library)):
            assert not (what := unlike(first, module)), f"{name}: {what}"
            pairs = zip(results(library, first, recipe), results(where, module, recipe), strict=True)
            worst = max(
                [worst, *[float(np.abs(a - b).max(initial=0) / max(1, np.abs(a).max(initial=0))) for a, b in pairs]]
            )
    return worst


def modules_both_ways() -> dict[str, float]:
    """For each class the largest difference between a module and what became of it."""
    found: dict[str, float] = {}
    for names, arguments, recipe in SAMPLES:
        for name in names.split():
            given = {key: from_torch(value) if isinstance(value, torch.Tensor) else value
                     for key, value in arguments.items()}  # fmt: skip
            made = []
            for library, values in ((tensorkit, given), (torch, arguments)):
                library.manual_seed(0)
                home = torch.nn.modules.linear if library is torch and name.startswith("NonDyn") else library.nn
                if name in ("MultiMarginLoss",):
                    values = {**values, "p": 2, "margin": 0.7}
                made.append(getattr(home, name)(**values).eval())
            found[name] = max(found.get(name, 0.0), compare(name, *made, recipe))
    for name in layers(torch):
        recipe = layers(torch)[name][1]
        tensorkit.manual_seed(0)
        found[name] = compare(name, layers(tensorkit)[name][0].eval(), layers(torch)[name][0].eval(), recipe)
    return found


def network(library):
    """The same architecture in either library: convolution, batch norm, pooling, linear."""
    nn = library.nn
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10)
    )


def outputs(library, model) -> np.ndarray:
    """What the network makes of four fixed images, in evaluation mode."""
    images = np.random.default_rng(0).random((4, 1, 8, 8), dtype=np.float32)
    model.eval()
    with library.no_grad():
        return model(library.from_numpy(images)).numpy()


def by_file() -> dict[str, float]:
    """A state dict saved by tensorkit and loaded by `safetensors.torch`, and the other way round."""
    ours, theirs = network(tensorkit), network(torch)
    differences = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "from_tensorkit.pt"
        tensorkit.save(ours.state_dict(), path)
        theirs.load_state_dict(safetensors.torch.load_file(path))
        differences["tensorkit to PyTorch"] = np.abs(outputs(torch, theirs) - outputs(tensorkit, ours)).max()
        theirs = network(torch)
        path = Path(folder) / "from_torch.safetensors"
        safetensors.torch.save_file(theirs.state_dict(), path)
        ours.load_state_dict(tensorkit.load(path))
        differences["PyTorch to tensorkit"] = np.abs(outputs(torch, theirs) - outputs(tensorkit, ours)).max()
    return differences


def main() -> int:
    warnings.simplefilter("ignore")
    differences = by_file()
    for way, difference in differences.items():
        print(f"{way} by file: outputs differ by at most {difference:.1e}")
    found = modules_both_ways()
    worst = max(found, key=found.__getitem__)
    print(f"{len(found)} module classes both ways: outputs differ by at most {found[worst]:.1e} ({worst})")
    left = {name for name in ARGUMENTS if not name.startswith("Lazy")} - set(found) - {"SyncBatchNorm"}
    if left:
        print("not tried:", *sorted(left))
    return 0 if max(differences.values()) < 1e-5 and found[worst] < 1e-6 and not left else 1


if __name__ == "__main__":
    sys.exit(main())
