// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The baseline for one instruction set. It is compiled once for each, under the name RONDO_EIGEN_RUN; the library's
// namespace has another name each time, so that the linker does not mix their functions.

#include "tools/rondo-bench/EigenLSTM.h"

#include <Eigen/Core>

namespace rondo {

void RONDO_EIGEN_RUN(const EigenLSTM &lstm) {
  // Row-major [T B, I] is column-major [I, T B]: one column for each row of the batch.
  using Matrix = Eigen::MatrixXf;
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const int64_t T = lstm.T, B = lstm.B, H = lstm.H;
  Eigen::Map<const Matrix> x(lstm.x, lstm.I, T * B);
  Eigen::Map<const RowMajor> wx(lstm.wx, 4 * H, lstm.I), wh(lstm.wh, 4 * H, H);
  Eigen::Map<const Eigen::VectorXf> bias(lstm.bias, 4 * H);
  Eigen::Map<Matrix> y(lstm.y, H, T * B);
  Matrix fromInput(4 * H, T * B), gates(4 * H, B), c = Matrix::Zero(H, B), h = Matrix::Zero(H, B);
  fromInput.noalias() = wx * x;
  fromInput.colwise() += bias;
  for (int64_t t = 0; t < T; ++t) {
    gates = fromInput.middleCols(t * B, B);
    if (B == 1)
      gates.col(0).noalias() += wh * h.col(0);
    else
      gates.noalias() += wh * h;
    auto i = gates.topRows(H).array(), f = gates.middleRows(H, H).array();
    auto o = gates.middleRows(2 * H, H).array(), g = gates.bottomRows(H).array();
    c.array() = f.logistic() * c.array() + i.logistic() * g.tanh();
    h.array() = o.logistic() * c.array().tanh();
    y.middleCols(t * B, B) = h;
  }
}

} // namespace rondo
