// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Whole models as text, to be swept over sizes (Sweep.h). The function is @f; its loss can be differentiated.

#ifndef RONDO_TEST_NUMERIC_MODELS_H
#define RONDO_TEST_NUMERIC_MODELS_H

namespace rondo::test {

/// Tokens, embedding, an LSTM of four separate gates with biases, dropout, linear layer, cross entropy over three
/// tokens; the state is carried.
inline const char *const languageModel = R"(
!h = tensor<$Bx$Hx$E>
!hs = tensor<$Tx$Bx$Hx$E>
!x = tensor<$Bx$Ix$E>
!w = tensor<$Hx$Ix$E>
!u = tensor<$Hx$Hx$E>
!b = tensor<$Hx$E>
func.func @f(%e: tensor<3x$Ix$E> {rondo.parameter = "e"}, %wi: !w {rondo.parameter = "i.x"},
    %ui: !u {rondo.parameter = "i.h"},
    %bi: !b {rondo.parameter = "i.bias"}, %wf: !w {rondo.parameter = "f.x"}, %uf: !u {rondo.parameter = "f.h"},
    %bf: !b {rondo.parameter = "f.bias"}, %wo: !w {rondo.parameter = "o.x"}, %uo: !u {rondo.parameter = "o.h"},
    %bo: !b {rondo.parameter = "o.bias"}, %wg: !w {rondo.parameter = "g.x"}, %ug: !u {rondo.parameter = "g.h"},
    %bg: !b {rondo.parameter = "g.bias"}, %v: tensor<3x$Hx$E> {rondo.parameter = "v"},
    %h0: !h {rondo.state = "h"}, %c0: !h {rondo.state = "c"}, %text: tensor<$Tx$Bxi32> {rondo.input = "text"},
    %next: tensor<$Tx$Bxi32> {rondo.target = "next"}, %seeds: tensor<$Bxi64> {rondo.seed})
    -> (tensor<$E> {rondo.loss}, !h {rondo.state = "h"}, !h {rondo.state = "c"}) {
  %xs = rondo.gather %e, %text : tensor<3x$Ix$E>, tensor<$Tx$Bxi32> -> tensor<$Tx$Bx$Ix$E>
  %hT, %cT, %hs = rondo.scan (%h = %h0 : !h, %c = %c0 : !h) over (%x = %xs : tensor<$Tx$Bx$Ix$E>) length $T {
    %ix = rondo.contract %x, %wi "bi,oi->bo" : !x, !w -> !h
    %ih = rondo.contract %h, %ui "bi,oi->bo" : !h, !u -> !h
    %ib = rondo.broadcast %bi dims = [1] : !b -> !h
    %i0 = arith.addf %ix, %ih : !h
    %i1 = arith.addf %i0, %ib : !h
    %i = rondo.sigmoid %i1 : !h
    %fx = rondo.contract %x, %wf "bi,oi->bo" : !x, !w -> !h
    %fh = rondo.contract %h, %uf "bi,oi->bo" : !h, !u -> !h
    %fb = rondo.broadcast %bf dims = [1] : !b -> !h
    %f0 = arith.addf %fx, %fh : !h
    %f1 = arith.addf %f0, %fb : !h
    %f = rondo.sigmoid %f1 : !h
    %ox = rondo.contract %x, %wo "bi,oi->bo" : !x, !w -> !h
    %oh = rondo.contract %h, %uo "bi,oi->bo" : !h, !u -> !h
    %ob = rondo.broadcast %bo dims = [1] : !b -> !h
    %o0 = arith.addf %ox, %oh : !h
    %o1 = arith.addf %o0, %ob : !h
    %o = rondo.sigmoid %o1 : !h
    %gx = rondo.contract %x, %wg "bi,oi->bo" : !x, !w -> !h
    %gh = rondo.contract %h, %ug "bi,oi->bo" : !h, !u -> !h
    %gb = rondo.broadcast %bg dims = [1] : !b -> !h
    %g0 = arith.addf %gx, %gh : !h
    %g1 = arith.addf %g0, %gb : !h
    %g = math.tanh %g1 : !h
    %fc = arith.mulf %f, %c : !h
    %ig = arith.mulf %i, %g : !h
    %cn = arith.addf %fc, %ig : !h
    %tc = math.tanh %cn : !h
    %hn = arith.mulf %o, %tc : !h
    rondo.yield (%hn, %cn : !h, !h) emit (%hn : !h)
  } -> (!h, !h, !hs)
  %r = rondo.random %seeds rows = 1 time = 0 stream = 0 : tensor<$Bxi64> -> !hs
  %rate = arith.constant dense<0.25> : !hs
  %kept = arith.cmpf oge, %r, %rate : !hs
  %grown = arith.constant dense<1.3333333333333333> : !hs
  %none = arith.constant dense<0.0> : !hs
  %mask = arith.select %kept, %grown, %none : tensor<$Tx$Bx$Hxi1>, !hs
  %ds = arith.mulf %hs, %mask : !hs
  %logits = rondo.contract %ds, %v "tbi,oi->tbo" : !hs, tensor<3x$Hx$E> -> tensor<$Tx$Bx3x$E>
  %ls = rondo.cross_entropy %logits, %next : tensor<$Tx$Bx3x$E>, tensor<$Tx$Bxi32> -> tensor<$Tx$Bx$E>
  %l = rondo.reduce mean %ls dims = [0, 1] : tensor<$Tx$Bx$E> -> tensor<$E>
  return %l, %hT, %cT : tensor<$E>, !h, !h
})";

/// A GRU that resets before the product (two products in a row in each step), backward in time, with the target of a
/// squared error.
inline const char *const backwardGru = R"(
!h = tensor<$Bx$Hx$E>
!hs = tensor<$Tx$Bx$Hx$E>
!x = tensor<$Bx$Ix$E>
!w = tensor<$Hx$Ix$E>
!u = tensor<$Hx$Hx$E>
func.func @f(%wr: !w {rondo.parameter = "r.x"}, %ur: !u {rondo.parameter = "r.h"}, %wz: !w {rondo.parameter = "z.x"},
    %uz: !u {rondo.parameter = "z.h"}, %wn: !w {rondo.parameter = "n.x"}, %un: !u {rondo.parameter = "n.h"},
    %xs: tensor<$Tx$Bx$Ix$E> {rondo.input = "x"}, %ys: !hs {rondo.target = "y"})
    -> (tensor<$E> {rondo.loss}, !hs {rondo.output = "h"}) {
  %zero = arith.constant dense<0.0> : !h
  %hT, %hs = rondo.scan (%h = %zero : !h) over (%x = %xs : tensor<$Tx$Bx$Ix$E>) length $T backward {
    %rx = rondo.contract %x, %wr "bi,oi->bo" : !x, !w -> !h
    %rh = rondo.contract %h, %ur "bi,oi->bo" : !h, !u -> !h
    %r0 = arith.addf %rx, %rh : !h
    %r = rondo.sigmoid %r0 : !h
    %zx = rondo.contract %x, %wz "bi,oi->bo" : !x, !w -> !h
    %zh = rondo.contract %h, %uz "bi,oi->bo" : !h, !u -> !h
    %z0 = arith.addf %zx, %zh : !h
    %z = rondo.sigmoid %z0 : !h
    %nx = rondo.contract %x, %wn "bi,oi->bo" : !x, !w -> !h
    %rh1 = arith.mulf %r, %h : !h
    %nh = rondo.contract %rh1, %un "bi,oi->bo" : !h, !u -> !h
    %n0 = arith.addf %nx, %nh : !h
    %n = math.tanh %n0 : !h
    %one = arith.constant dense<1.0> : !h
    %keep = arith.subf %one, %z : !h
    %a = arith.mulf %keep, %n : !h
    %b = arith.mulf %z, %h : !h
    %hn = arith.addf %a, %b : !h
    rondo.yield (%hn : !h) emit (%hn : !h)
  } -> (!h, !hs)
  %d = arith.subf %hs, %ys : !hs
  %dd = arith.mulf %d, %d : !hs
  %p = rondo.reduce mean %dd dims = [2] : !hs -> tensor<$Tx$Bx$E>
  %l = rondo.reduce mean %p dims = [0, 1] : tensor<$Tx$Bx$E> -> tensor<$E>
  return %l, %hs : tensor<$E>, !hs
})";

/// A cell that has no name: the state goes through a normalisation over its units and a softmax gate, is held where a
/// mask says so, a second state of one number per sequence counts, and the output layer is inside the cell.
inline const char *const namelessCell = R"(
!h = tensor<$Bx$Hx$E>
!hs = tensor<$Tx$Bx$Hx$E>
!x = tensor<$Bx$Ix$E>
!s = tensor<$Bx$E>
func.func @f(%w: tensor<$Hx$Ix$E> {rondo.parameter = "w"}, %u: tensor<$Hx$Hx$E> {rondo.parameter = "u"},
    %gain: tensor<$Hx$E> {rondo.parameter = "gain"}, %q: tensor<$Ix$Hx$E> {rondo.parameter = "q"},
    %xs: tensor<$Tx$Bx$Ix$E> {rondo.input = "x"}, %ms: tensor<$Tx$Bxi1> {rondo.input = "mask"})
    -> (tensor<$E> {rondo.loss}, tensor<$Tx$Bx$Ix$E> {rondo.output = "y"}) {
  %h0 = arith.constant dense<0.5> : !h
  %k0 = arith.constant dense<0.0> : !s
  %hT, %kT, %ys, %ks = rondo.scan (%h = %h0 : !h, %k = %k0 : !s)
      over (%x = %xs : tensor<$Tx$Bx$Ix$E>, %m = %ms : tensor<$Tx$Bxi1>) length $T {
    %p0 = rondo.contract %x, %w "bi,oi->bo" : !x, tensor<$Hx$Ix$E> -> !h
    %p1 = rondo.contract %h, %u "bi,oi->bo" : !h, tensor<$Hx$Hx$E> -> !h
    %p = arith.addf %p0, %p1 : !h
    %mu0 = rondo.reduce mean %p dims = [1] : !h -> !s
    %mu = rondo.broadcast %mu0 dims = [0] : !s -> !h
    %d = arith.subf %p, %mu : !h
    %dd = arith.mulf %d, %d : !h
    %var = rondo.reduce mean %dd dims = [1] : !h -> !s
    %epsilon = arith.constant dense<1.0e-2> : !s
    %var1 = arith.addf %var, %epsilon : !s
    %scale0 = math.rsqrt %var1 : !s
    %scale = rondo.broadcast %scale0 dims = [0] : !s -> !h
    %normal = arith.mulf %d, %scale : !h
    %gain1 = rondo.broadcast %gain dims = [1] : tensor<$Hx$E> -> !h
    %a = arith.mulf %normal, %gain1 : !h
    %t = math.tanh %a : !h
    %gate = rondo.softmax %t dim = 1 : !h
    %gated = arith.mulf %gate, %t : !h
    %sum = arith.addf %gated, %h : !h
    %m1 = rondo.broadcast %m dims = [0] : tensor<$Bxi1> -> tensor<$Bx$Hxi1>
    %hn = arith.select %m1, %sum, %h : tensor<$Bx$Hxi1>, !h
    %top = rondo.reduce sum %gated dims = [1] : !h -> !s
    %kn = arith.addf %k, %top : !s
    %y = rondo.contract %hn, %q "bi,oi->bo" : !h, tensor<$Ix$Hx$E> -> !x
    rondo.yield (%hn, %kn : !h, !s) emit (%y, %kn : !x, !s)
  } -> (!h, !s, tensor<$Tx$Bx$Ix$E>, tensor<$Tx$Bx$E>)
  %sq = arith.mulf %ys, %ys : tensor<$Tx$Bx$Ix$E>
  %l0 = rondo.reduce mean %sq dims = [2] : tensor<$Tx$Bx$Ix$E> -> tensor<$Tx$Bx$E>
  %l1 = arith.addf %l0, %ks : tensor<$Tx$Bx$E>
  %l = rondo.reduce mean %l1 dims = [0, 1] : tensor<$Tx$Bx$E> -> tensor<$E>
  return %l, %ys : tensor<$E>, tensor<$Tx$Bx$Ix$E>
})";

} // namespace rondo::test

#endif // RONDO_TEST_NUMERIC_MODELS_H
