# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The cells of the library that cells.test checks.

Of each the use in a model whose input is x, the features of x and of what goes out, and the equations in NumPy that
its golden file is made of: a function of an equations*.py and its sizes. `streams` says whether it can go step by step,
`owner` what stands before the names of the equations' weights in the parameters' paths, `batch` how many sequences
gradcheck has.
"""

import collections

Case = collections.namedtuple("Case", "use features size equations sizes streams owner batch", defaults=[True, "y.", 2])

CASES = {
    "IRNN": Case("scan IRNN[4](x)", 3, 4, "irnn", [4]),
    "IndRNN": Case("scan IndRNN[4, 0.9](x)", 3, 4, "indrnn", [4, 0.9]),
    "Jordan": Case("scan Jordan[3, 4, 0.5](x)", 2, 3, "jordan", [3, 4, 0.5]),
    "Leaky": Case("scan Leaky[4, 0.3](x)", 3, 4, "leaky", [4, 0.3]),
    "Highway": Case("Highway[4](x)", 4, 4, "highway", [4]),
    "HighwayStack": Case("HighwayStack[4, 3](x)", 4, 4, "highway_stack", [4, 3]),
    "ResidualLSTM": Case("scan ResidualLSTM[3, 2](x)", 3, 3, "residual_lstm", [3, 2]),
    "SequenceAutoencoder": Case("SequenceAutoencoder[4](x)", 3, 4, "autoencoder", [4], False),
    "SRU": Case("scan SRU[4, -1](x)", 4, 4, "sru", [4, -1]),
    "QRNN": Case("QRNN[4, 3](x)", 3, 4, "qrnn", [4, 3]),
    "MGU": Case("scan MGU[4](x)", 3, 4, "mgu", [4]),
    "MinGRU": Case("scan MinGRU[4](x)", 3, 4, "min_gru", [4]),
    "MinLSTM": Case("scan MinLSTM[4](x)", 3, 4, "min_lstm", [4]),
    "ZoneoutLSTM": Case("scan ZoneoutLSTM[4, 0.4, 0.2](x)", 3, 4, "zoneout_lstm", [4, 0.4, 0.2]),
    "VariationalLSTM": Case("scan VariationalLSTM[4](x)", 3, 4, "lstm", [4]),
    "BatchNormLSTM": Case("scan BatchNormLSTM[3](x)", 3, 3, "batch_norm_lstm", [3], batch=5),
    "EchoState": Case("linear[2](r: scan EchoState[5, 0.9, 0.3](x) as reservoir)", 3, 2, "echo_state", [2, 5, 0.3],
                      owner=""),
    "EarlyLSTM": Case("scan EarlyLSTM[4](x)", 3, 4, "early_lstm", [4]),
    "MultiplicativeLSTM": Case("scan MultiplicativeLSTM[4](x)", 3, 4, "multiplicative_lstm", [4]),
    "MogrifierLSTM": Case("scan MogrifierLSTM[4, 3](x)", 3, 4, "mogrifier_lstm", [4, 3]),
    "SLSTM": Case("scan SLSTM[4, 2](x)", 3, 4, "slstm", [4, 2]),
    "SLSTM1": Case("scan SLSTM[3](x)", 3, 3, "slstm", [3, 1]),
    "GORU": Case("scan GORU[6, 2](x)", 3, 6, "goru", [6, 2]),
    "Clockwork": Case("scan Clockwork[6, 3](x)", 2, 6, "clockwork", [6, 3]),
    "PhasedLSTM": Case("scan PhasedLSTM[4, 9](x[:2], sum(x[2:]))", 3, 4, "phased_lstm", [4, 9]),
    "S4D": Case("scan S4D[3, 6](x)", 3, 3, "s4d", [3, 6]),
    "LRU": Case("scan LRU[3, 4](x)", 3, 3, "lru", [3, 4, 0.9, 0.999]),
    "SelectiveStateSpace": Case("scan SelectiveStateSpace[3, 2](x)", 4, 4, "selective", [4, 3, 2]),
    "Mamba": Case("scan Mamba[3, 4](x)", 3, 3, "mamba", [3, 4, 2, 4, 1]),
    "RWKVTimeMix": Case("scan RWKVTimeMix[3](x)", 3, 3, "rwkv_time_mix", [3]),
    "RWKVChannelMix": Case("scan RWKVChannelMix[3, 5](x)", 3, 3, "rwkv_channel_mix", [3, 5]),
    "RWKV": Case("scan RWKV[3, 4](x)", 3, 3, "rwkv", [3, 4]),
    "MLSTM": Case("scan MLSTM[6, 2](x)", 3, 6, "mlstm", [6, 2]),
    "MLSTM1": Case("scan MLSTM[3](x)", 3, 3, "mlstm", [3, 1]),
    "MLSTMBlock": Case("scan MLSTMBlock[4, 2, 2, 3](x)", 4, 4, "mlstm_block", [4, 2, 2, 3]),
    "RWKV5TimeMix": Case("scan RWKV5TimeMix[6, 2](x)", 6, 6, "rwkv5_time_mix", [6, 2]),
    "RWKV6TimeMix": Case("scan RWKV6TimeMix[6, 2, 2](x)", 6, 6, "rwkv6_time_mix", [6, 2, 2]),
    "RWKV7TimeMix": Case("scan RWKV7TimeMix[6, 2, 2](x)", 6, 6, "rwkv7_time_mix", [6, 2, 2]),
    "Retention": Case("scan Retention[8, 2](x)", 8, 8, "retention", [8, 2]),
}
