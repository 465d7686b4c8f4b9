"""Every name that introductory courses use often is there: the most frequent two of four tiers, counted in public
course repositories."""

from operator import attrgetter

import pytest

import tensorkit as torch

NAMES = """
    FloatTensor Generator IntTensor LongTensor Tensor Tensor.T Tensor.abs Tensor.add Tensor.add_ Tensor.all
    Tensor.argmax Tensor.argsort Tensor.backward Tensor.bool Tensor.byte Tensor.clamp Tensor.clamp_ Tensor.clamp_min
    Tensor.clone Tensor.contiguous Tensor.copy_ Tensor.cpu Tensor.cuda Tensor.cumsum Tensor.data Tensor.detach
    Tensor.detach_ Tensor.device Tensor.dim Tensor.div Tensor.dot Tensor.double Tensor.dtype Tensor.eq Tensor.exp
    Tensor.expand Tensor.expand_as Tensor.fill_ Tensor.flatten Tensor.float Tensor.gather Tensor.get_device
    Tensor.grad Tensor.grad_fn Tensor.half Tensor.index_select Tensor.int Tensor.is_contiguous Tensor.is_cuda
    Tensor.is_leaf Tensor.item Tensor.lerp_ Tensor.log Tensor.log10 Tensor.logsumexp Tensor.long Tensor.masked_fill
    Tensor.matmul Tensor.max Tensor.mean Tensor.min Tensor.mm Tensor.mul Tensor.mul_ Tensor.ndim Tensor.nelement
    Tensor.new Tensor.new_tensor Tensor.nonzero Tensor.norm Tensor.normal_ Tensor.numel Tensor.numpy Tensor.permute
    Tensor.pow Tensor.random_ Tensor.register_hook Tensor.relu Tensor.repeat Tensor.requires_grad
    Tensor.requires_grad_ Tensor.reshape Tensor.resize_ Tensor.retain_grad Tensor.scatter_ Tensor.shape Tensor.short
    Tensor.sigmoid Tensor.size Tensor.split Tensor.sqrt Tensor.squeeze Tensor.squeeze_ Tensor.std Tensor.storage
    Tensor.storage_offset Tensor.stride Tensor.sub_ Tensor.sum Tensor.t Tensor.tanh Tensor.to Tensor.tolist
    Tensor.topk Tensor.transpose Tensor.type Tensor.type_as Tensor.uniform_ Tensor.unique Tensor.unsqueeze
    Tensor.unsqueeze_ Tensor.var Tensor.view Tensor.view_as Tensor.zero_ abs add allclose arange argmax argmin
    as_tensor autograd.Function autograd.Variable autograd.grad bernoulli bmm bool broadcast_to cat chunk clamp
    concat cos cumsum device diag dist div dot double einsum empty eq exp eye flatten float float16 float32 float64
    floor from_numpy full index_select inference_mode int int16 int32 int64 int8 is_tensor linspace load log log2
    long manual_seed matmul max maximum mean meshgrid min minimum mm mul multinomial nn.AdaptiveAvgPool2d
    nn.AdaptiveMaxPool2d nn.AvgPool2d nn.BCELoss nn.BCEWithLogitsLoss nn.BatchNorm1d nn.BatchNorm2d nn.Conv1d
    nn.Conv2d nn.ConvTranspose2d nn.CrossEntropyLoss nn.Dropout nn.Dropout2d nn.ELU nn.Embedding nn.Flatten nn.GRU
    nn.GroupNorm nn.L1Loss nn.LSTM nn.LayerNorm nn.LazyBatchNorm2d nn.LazyConv2d nn.LazyLinear nn.LeakyReLU
    nn.Linear nn.LogSoftmax nn.MSELoss nn.MaxPool2d nn.Module nn.ModuleDict nn.ModuleList nn.NLLLoss nn.Parameter
    nn.ParameterList nn.RNN nn.ReLU nn.Sequential nn.SiLU nn.Sigmoid nn.Softmax nn.Tanh nn.Upsample
    nn.functional.avg_pool2d nn.functional.binary_cross_entropy nn.functional.binary_cross_entropy_with_logits
    nn.functional.conv2d nn.functional.cross_entropy nn.functional.dropout nn.functional.elu
    nn.functional.interpolate nn.functional.leaky_relu nn.functional.linear nn.functional.log_softmax
    nn.functional.max_pool1d nn.functional.max_pool2d nn.functional.mse_loss nn.functional.nll_loss
    nn.functional.normalize nn.functional.one_hot nn.functional.pad nn.functional.relu nn.functional.sigmoid
    nn.functional.softmax nn.functional.tanh nn.init.constant nn.init.constant_ nn.init.kaiming_normal_
    nn.init.kaiming_uniform_ nn.init.normal nn.init.normal_ nn.init.uniform nn.init.xavier_normal_
    nn.init.xavier_uniform_ nn.init.zeros_ nn.utils.clip_grad_norm_ nn.utils.rnn.pack_padded_sequence
    nn.utils.rnn.pad_packed_sequence nn.utils.rnn.pad_sequence no_grad norm normal ones ones_like optim.Adadelta
    optim.Adagrad optim.Adam optim.AdamW optim.Optimizer optim.RMSprop optim.SGD
    optim.lr_scheduler.CosineAnnealingLR optim.lr_scheduler.CosineAnnealingWarmRestarts optim.lr_scheduler.CyclicLR
    optim.lr_scheduler.LambdaLR optim.lr_scheduler.ReduceLROnPlateau optim.lr_scheduler.StepLR pi pow rand rand_like
    randint randn randn_like randperm relu reshape roll round save set_grad_enabled set_printoptions sigmoid sin
    softmax sort split sqrt square squeeze stack std sum tanh tensor topk transpose tril uint8 unique unsqueeze
    utils.data.BatchSampler utils.data.DataLoader utils.data.Dataset utils.data.RandomSampler utils.data.Subset
    utils.data.SubsetRandomSampler utils.data.TensorDataset utils.data.WeightedRandomSampler
    utils.data.default_collate utils.data.random_split where zeros zeros_like
""".split()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_courses_use_is_there(name):
    assert attrgetter(name)(torch) is not None or name == "Tensor.grad"
