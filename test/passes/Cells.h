// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Models as text for tests. In each, $T is the window's length, $E the element type, and a scan's direction $DIR is
// empty or "backward". The function is @f; its per-position loss is a mean over [T, B].

#ifndef RONDO_TEST_PASSES_CELLS_H
#define RONDO_TEST_PASSES_CELLS_H

#include <string>

namespace rondo::test {

/// h' = tanh(W x + U h + b), B = 2, I = 3, H = 4; loss: half the squared distance from the target, summed.
inline const char *const rnn = R"(
!h = tensor<2x4x$E>
!hs = tensor<$Tx2x4x$E>
func.func @f(%w: tensor<4x3x$E> {rondo.parameter = "w"}, %u: tensor<4x4x$E> {rondo.parameter = "u"},
             %b: tensor<4x$E> {rondo.parameter = "b"}, %xs: tensor<$Tx2x3x$E> {rondo.input = "x"},
             %ys: !hs {rondo.target = "y"}) -> (tensor<$E> {rondo.loss}, !hs {rondo.output = "hs"}) {
  %zero = arith.constant dense<0.0> : !h
  %hT, %hs = rondo.scan (%h = %zero : !h) over (%x = %xs : tensor<$Tx2x3x$E>) length $T $DIR states ["h"] {
    %wx = rondo.contract %x, %w "bi,ji->bj" : tensor<2x3x$E>, tensor<4x3x$E> -> !h
    %uh = rondo.contract %h, %u "bi,ji->bj" : !h, tensor<4x4x$E> -> !h
    %bb = rondo.broadcast %b dims = [1] : tensor<4x$E> -> !h
    %s1 = arith.addf %wx, %uh : !h
    %s2 = arith.addf %s1, %bb : !h
    %n = math.tanh %s2 : !h
    rondo.yield (%n : !h) emit (%n : !h)
  } -> (!h, !hs)
  %d = arith.subf %hs, %ys : !hs
  %dd = arith.mulf %d, %d : !hs
  %half = arith.constant dense<0.5> : !hs
  %q = arith.mulf %dd, %half : !hs
  %p = rondo.reduce sum %q dims = [2] : !hs -> tensor<$Tx2x$E>
  %l = rondo.reduce mean %p dims = [0, 1] : tensor<$Tx2x$E> -> tensor<$E>
  return %l, %hs : tensor<$E>, !hs
}
)";

/// An embedding, an LSTM with a learnt initial state, a linear layer and a cross entropy.
inline const char *const lstm = R"(
!h = tensor<2x4x$E>
!hs = tensor<$Tx2x4x$E>
!u = tensor<4x4x$E>
func.func @f(%e: tensor<3x4x$E> {rondo.parameter = "e"}, %ui: !u {rondo.parameter = "i"},
             %uf: !u {rondo.parameter = "f"},
             %uo: !u {rondo.parameter = "o"}, %ug: !u {rondo.parameter = "g"}, %wi: !u {rondo.parameter = "ix"},
             %wf: !u {rondo.parameter = "fx"}, %bo: tensor<4x$E> {rondo.parameter = "bo"},
             %h0: tensor<4x$E> {rondo.parameter = "h0"},
             %v: tensor<3x4x$E> {rondo.parameter = "v"}, %text: tensor<$Tx2xi32> {rondo.input = "text"},
             %next: tensor<$Tx2xi32> {rondo.target = "next"})
    -> (tensor<$E> {rondo.loss}, tensor<$Tx2x3x$E> {rondo.output = "logits"}) {
  %zero = arith.constant dense<0.0> : !h
  %first = rondo.broadcast %h0 dims = [1] : tensor<4x$E> -> !h
  %xs = rondo.gather %e, %text : tensor<3x4x$E>, tensor<$Tx2xi32> -> !hs
  %hT, %cT, %hs = rondo.scan (%h = %first : !h, %c = %zero : !h) over (%x = %xs : !hs) length $T $DIR
      states ["h", "c"] {
    %i0 = rondo.contract %h, %ui "bi,ji->bj" : !h, !u -> !h
    %f0 = rondo.contract %h, %uf "bi,ji->bj" : !h, !u -> !h
    %o0 = rondo.contract %h, %uo "bi,ji->bj" : !h, !u -> !h
    %g0 = rondo.contract %h, %ug "bi,ji->bj" : !h, !u -> !h
    %ix = rondo.contract %x, %wi "bi,ji->bj" : !h, !u -> !h
    %fx = rondo.contract %x, %wf "bi,ji->bj" : !h, !u -> !h
    %ox = rondo.broadcast %bo dims = [1] : tensor<4x$E> -> !h
    %i1 = arith.addf %i0, %ix : !h
    %f1 = arith.addf %f0, %fx : !h
    %o1 = arith.addf %o0, %ox : !h
    %g1 = arith.addf %g0, %x : !h
    %i = rondo.sigmoid %i1 : !h
    %f = rondo.sigmoid %f1 : !h
    %o = rondo.sigmoid %o1 : !h
    %g = math.tanh %g1 : !h
    %fc = arith.mulf %f, %c : !h
    %ig = arith.mulf %i, %g : !h
    %cn = arith.addf %fc, %ig : !h
    %tc = math.tanh %cn : !h
    %hn = arith.mulf %o, %tc : !h
    rondo.yield (%hn, %cn : !h, !h) emit (%hn : !h)
  } -> (!h, !h, !hs)
  %logits = rondo.contract %hs, %v "tbi,vi->tbv" : !hs, tensor<3x4x$E> -> tensor<$Tx2x3x$E>
  %p = rondo.cross_entropy %logits, %next : tensor<$Tx2x3x$E>, tensor<$Tx2xi32> -> tensor<$Tx2x$E>
  %l = rondo.reduce mean %p dims = [0, 1] : tensor<$Tx2x$E> -> tensor<$E>
  return %l, %logits : tensor<$E>, tensor<$Tx2x3x$E>
}
)";

/// A gated unit that resets before the product: a product depends on another one of the same step.
inline const char *const gru = R"(
!h = tensor<2x4x$E>
!hs = tensor<$Tx2x4x$E>
!u = tensor<4x4x$E>
func.func @f(%ur: !u {rondo.parameter = "r"}, %uz: !u {rondo.parameter = "z"}, %un: !u {rondo.parameter = "n"},
             %xs: !hs {rondo.input = "x"}) -> (tensor<$E> {rondo.loss}) {
  %zero = arith.constant dense<0.0> : !h
  %hT, %hs = rondo.scan (%h = %zero : !h) over (%x = %xs : !hs) length $T $DIR states ["h"] {
    %r0 = rondo.contract %h, %ur "bi,ji->bj" : !h, !u -> !h
    %z0 = rondo.contract %h, %uz "bi,ji->bj" : !h, !u -> !h
    %r1 = arith.addf %r0, %x : !h
    %z1 = arith.subf %z0, %x : !h
    %r = rondo.sigmoid %r1 : !h
    %z = rondo.sigmoid %z1 : !h
    %rh = arith.mulf %r, %h : !h
    %n0 = rondo.contract %rh, %un "bi,ji->bj" : !h, !u -> !h
    %n1 = arith.addf %n0, %x : !h
    %n = math.tanh %n1 : !h
    %one = arith.constant dense<1.0> : !h
    %keep = arith.subf %one, %z : !h
    %a = arith.mulf %keep, %n : !h
    %b = arith.mulf %z, %h : !h
    %hn = arith.addf %a, %b : !h
    rondo.yield (%hn : !h) emit (%hn : !h)
  } -> (!h, !hs)
  %s = math.sin %hs : !hs
  %p = rondo.reduce sum %s dims = [2] : !hs -> tensor<$Tx2x$E>
  %l = rondo.reduce mean %p dims = [0, 1] : tensor<$Tx2x$E> -> tensor<$E>
  return %l : tensor<$E>
}
)";

/// A cell that nobody has named: softmax over the state, a state of another shape that counts, a masked step, a
/// parameter that enters through a transcendental function alone, values emitted before the update, and a loss that
/// also sees the final states.
inline const char *const madeUp = R"(
!h = tensor<2x4x$E>
!hs = tensor<$Tx2x4x$E>
func.func @f(%w: tensor<4x4x$E> {rondo.parameter = "w"}, %d: tensor<4x$E> {rondo.parameter = "decay"},
             %xs: !hs {rondo.input = "x"}, %ms: tensor<$Tx2x4xi1> {rondo.input = "mask"}) -> (tensor<$E> {rondo.loss}) {
  %zero = arith.constant dense<0.0> : !h
  %none = arith.constant dense<0.0> : tensor<2x$E>
  %hT, %kT, %nT, %as, %hs = rondo.scan (%h = %zero : !h, %k = %none : tensor<2x$E>, %n = %none : tensor<2x$E>)
      over (%x = %xs : !hs, %m = %ms : tensor<$Tx2x4xi1>) length $T $DIR {
    %one = arith.constant dense<1.0> : tensor<2x$E>
    %e = math.exp %d : tensor<4x$E>
    %e1 = rondo.broadcast %e dims = [1] : tensor<4x$E> -> !h
    %slow = arith.divf %h, %e1 : !h
    %a = rondo.softmax %slow dim = 1 : !h
    %ax = arith.mulf %a, %x : !h
    %p = rondo.contract %ax, %w "bi,ji->bj" : !h, tensor<4x4x$E> -> !h
    %r = arith.maximumf %p, %slow : !h
    %hn = arith.select %m, %r, %h : tensor<2x4xi1>, !h
    %top = rondo.reduce max %hn dims = [1] : !h -> tensor<2x$E>
    %scaled = arith.mulf %top, %n : tensor<2x$E>
    %kn = arith.addf %k, %scaled : tensor<2x$E>
    %nn = arith.addf %n, %one : tensor<2x$E>
    rondo.yield (%hn, %kn, %nn : !h, tensor<2x$E>, tensor<2x$E>) emit (%a, %h : !h, !h)
  } -> (!h, tensor<2x$E>, tensor<2x$E>, !hs, !hs)
  %both = arith.mulf %as, %hs : !hs
  %p = rondo.reduce sum %both dims = [2] : !hs -> tensor<$Tx2x$E>
  %final = rondo.broadcast %kT dims = [1] : tensor<2x$E> -> tensor<$Tx2x$E>
  %q = arith.addf %p, %final : tensor<$Tx2x$E>
  %l = rondo.reduce mean %q dims = [0, 1] : tensor<$Tx2x$E> -> tensor<$E>
  return %l : tensor<$E>
}
)";

/// Values that pass through a scan untouched: states that change places, a state that becomes a parameter, one that
/// only its initial value makes matter, and arguments and outside values that are emitted as they are.
inline const char *const plumbing = R"(
!h = tensor<2x$E>
!hs = tensor<$Tx2x$E>
func.func @f(%p: !h {rondo.parameter = "p"}, %q: !h {rondo.parameter = "q"}, %r: !hs {rondo.parameter = "r"},
             %k: !h {rondo.input = "k"}) -> (tensor<$E> {rondo.loss}) {
  %aT, %bT, %cT, %dT, %as, %xs, %qs, %bs, %ds = rondo.scan (%a = %p : !h, %b = %q : !h, %c = %k : !h, %d = %q : !h)
      over (%x = %r : !hs) length $T $DIR {
    %s = arith.mulf %a, %x : !h
    rondo.yield (%b, %s, %p, %k : !h, !h, !h, !h) emit (%a, %x, %q, %b, %d : !h, !h, !h, !h, !h)
  } -> (!h, !h, !h, !h, !hs, !hs, !hs, !hs, !hs)
  %m1 = arith.mulf %as, %xs : !hs
  %m2 = arith.mulf %qs, %bs : !hs
  %m3 = arith.mulf %ds, %ds : !hs
  %s1 = arith.addf %m1, %m2 : !hs
  %s2 = arith.addf %s1, %m3 : !hs
  %f1 = arith.mulf %cT, %aT : !h
  %f2 = arith.mulf %f1, %dT : !h
  %f3 = rondo.broadcast %f2 dims = [1] : !h -> !hs
  %s3 = arith.mulf %s2, %f3 : !hs
  %l = rondo.reduce mean %s3 dims = [0, 1] : !hs -> tensor<$E>
  return %l : tensor<$E>
}
)";

/// A scan over the features of each position within the scan over time.
inline const char *const nested = R"(
func.func @f(%w: tensor<2x$E> {rondo.parameter = "w"}, %v: tensor<2x$E> {rondo.parameter = "v"},
             %xs: tensor<$Tx3x2x$E> {rondo.input = "x"}) -> (tensor<$E> {rondo.loss}) {
  %zero = arith.constant dense<0.0> : tensor<2x$E>
  %sT, %ss = rondo.scan (%s = %zero : tensor<2x$E>) over (%x = %xs : tensor<$Tx3x2x$E>) length $T $DIR {
    %t = arith.mulf %s, %v : tensor<2x$E>
    %r, %rs = rondo.scan (%q = %t : tensor<2x$E>) over (%y = %x : tensor<3x2x$E>) length 3 {
      %a = arith.mulf %q, %w : tensor<2x$E>
      %b = arith.addf %a, %y : tensor<2x$E>
      %c = math.tanh %b : tensor<2x$E>
      %e = arith.mulf %c, %s : tensor<2x$E>
      rondo.yield (%c : tensor<2x$E>) emit (%e : tensor<2x$E>)
    } -> (tensor<2x$E>, tensor<3x2x$E>)
    %sum = rondo.reduce sum %rs dims = [0] : tensor<3x2x$E> -> tensor<2x$E>
    %n = arith.addf %r, %sum : tensor<2x$E>
    rondo.yield (%n : tensor<2x$E>) emit (%r : tensor<2x$E>)
  } -> (tensor<2x$E>, tensor<$Tx2x$E>)
  %l = rondo.reduce mean %ss dims = [0, 1] : tensor<$Tx2x$E> -> tensor<$E>
  return %l : tensor<$E>
}
)";

} // namespace rondo::test

#endif // RONDO_TEST_PASSES_CELLS_H
