// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// All ops of the dialect, for one run of the generator.

include "dialect/Interface.td"
include "dialect/ScanOps.td"
include "dialect/TensorOps.td"
include "dialect/WindowOps.td"
include "dialect/GateOps.td"
include "dialect/KernelOps.td"
include "dialect/AttentionOps.td"
include "dialect/ParallelOps.td"
