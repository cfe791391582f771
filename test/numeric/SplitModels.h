// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Scans made up for rondo-split-scan, rondo-slice-products and rondo-fuse-gates: every way in which an op can leave a
// loop, and products that are read in slices. The function is @f.

#ifndef RONDO_TEST_NUMERIC_SPLITMODELS_H
#define RONDO_TEST_NUMERIC_SPLITMODELS_H

namespace rondo::test {

/// Everything that can come before the loop (a token's row, products, a normalisation and a softmax of a product,
/// slices and concatenation of them, a one-hot and an outer product that must not be stored) and after it (two output
/// layers in a row, one read from the old state, a cross entropy), around a recurrence of two phases. Also emitted: a
/// position of a sequence and an outside value, as they are.
inline const char *const bothSides = R"(
!h = tensor<$Bx$Hx$E>
!hs = tensor<$Tx$Bx$Hx$E>
!x = tensor<$Bx$Ix$E>
!w = tensor<$Hx$Ix$E>
!u = tensor<$Hx$Hx$E>
!s = tensor<$Bx$E>
!m = tensor<$Bx$Hx$Hx$E>
func.func @f(%table: tensor<3x$Ix$E> {rondo.parameter = "table"}, %wa: !w {rondo.parameter = "a.x"},
    %ua: !u {rondo.parameter = "a.h"}, %ba: tensor<$Hx$E> {rondo.parameter = "a.bias"},
    %wb: !w {rondo.parameter = "b.x"},
    %ub: !u {rondo.parameter = "b.h"}, %uc: !u {rondo.parameter = "c"},
    %peep: tensor<$Hx$E> {rondo.parameter = "peephole"},
    %q: !w {rondo.parameter = "q"}, %v: tensor<3x$Ix$E> {rondo.parameter = "v"},
    %xs: tensor<$Tx$Bx$Ix$E> {rondo.input = "x"}, %text: tensor<$Tx$Bxi32> {rondo.input = "text"},
    %next: tensor<$Tx$Bxi32> {rondo.target = "next"})
    -> (tensor<$E> {rondo.loss}, !hs {rondo.output = "h"}, tensor<$Tx$Bx$Ix$E> {rondo.output = "x"},
        tensor<$Tx$Bx$Hx$E> {rondo.output = "bias"}) {
  %zero = arith.constant dense<0.25> : !h
  %zeroM = arith.constant dense<0.0> : !m
  %hT, %mT, %ls, %hs, %x1s, %bs = rondo.scan (%h = %zero : !h, %m = %zeroM : !m)
      over (%x = %xs : tensor<$Tx$Bx$Ix$E>, %t = %text : tensor<$Tx$Bxi32>, %n = %next : tensor<$Tx$Bxi32>) length $T {
    // Before: x and the token's row, scaled.
    %e = rondo.gather %table, %t : tensor<3x$Ix$E>, tensor<$Bxi32> -> !x
    %hot = rondo.one_hot %t : tensor<$Bxi32> -> tensor<$Bx3x$E>
    %hotw = rondo.contract %hot, %table "bv,vi->bi" : tensor<$Bx3x$E>, tensor<3x$Ix$E> -> !x
    %ee = arith.addf %e, %hotw : !x
    %xa = arith.mulf %x, %ee : !x
    %pa = rondo.contract %xa, %wa "bi,oi->bo" : !x, !w -> !h
    %bias = rondo.broadcast %ba dims = [1] : tensor<$Hx$E> -> !h
    // A normalisation of a product: reductions and broadcasts follow it.
    %mean0 = rondo.reduce mean %pa dims = [1] : !h -> !s
    %mean = rondo.broadcast %mean0 dims = [0] : !s -> !h
    %centred = arith.subf %pa, %mean : !h
    %soft = rondo.softmax %centred dim = 1 : !h
    // A slice and its place in zeros, and a concatenation cut again.
    %slice = tensor.extract_slice %soft[0, 0] [$B, 1] [1, 1] : !h to tensor<$Bx1x$E>
    %zeros = arith.constant dense<0.5> : !h
    %placed = tensor.insert_slice %slice into %zeros[0, 0] [$B, 1] [1, 1] : tensor<$Bx1x$E> into !h
    %two = tensor.concat dim(1) %placed, %zeros : (!h, !h) -> tensor<$Bx$2Hx$E>
    %cut = tensor.extract_slice %two[0, 1] [$B, $H] [1, 1] : tensor<$Bx$2Hx$E> to !h
    %only = arith.mulf %cut, %centred : !h
    // An outer product of what came before: larger than what it is made of.
    %outer = rondo.contract %soft, %only "bj,bk->bjk" : !h, !h -> !m
    %decayed = arith.mulf %m, %outer : !m
    %mn = arith.addf %decayed, %outer : !m
    %read = rondo.contract %mn, %h "bjk,bk->bj" : !m, !h -> !h
    // The recurrence: two gates of the same state, one peephole, and a product of a gate's result.
    %ha = rondo.contract %h, %ua "bi,oi->bo" : !h, !u -> !h
    %a0 = arith.addf %pa, %ha : !h
    %a1 = arith.addf %a0, %bias : !h
    %a = rondo.sigmoid %a1 : !h
    %pb = rondo.contract %x, %wb "bi,oi->bo" : !x, !w -> !h
    %hb = rondo.contract %ub, %h "oi,bi->bo" : !u, !h -> !h
    %p = rondo.broadcast %peep dims = [1] : tensor<$Hx$E> -> !h
    %ph = arith.mulf %p, %h : !h
    %b0 = arith.addf %pb, %hb : !h
    %b1 = arith.addf %b0, %ph : !h
    %b = math.tanh %b1 : !h
    %ab = arith.mulf %a, %b : !h
    %c0 = rondo.contract %ab, %uc "bi,oi->bo" : !h, !u -> !h
    %c1 = arith.addf %c0, %only : !h
    %c2 = arith.addf %c1, %read : !h
    %c = math.tanh %c2 : !h
    // After: a layer from the old and the new state, another one on top, the loss.
    %o = rondo.contract %c, %q "bo,oi->bi" : !h, !w -> !x
    %o2 = rondo.contract %h, %q "bo,oi->bi" : !h, !w -> !x
    %o3 = arith.addf %o, %o2 : !x
    %o4 = math.tanh %o3 : !x
    %o5 = arith.mulf %o4, %x : !x
    %logits = rondo.contract %o5, %v "bi,vi->bv" : !x, tensor<3x$Ix$E> -> tensor<$Bx3x$E>
    %l = rondo.cross_entropy %logits, %n : tensor<$Bx3x$E>, tensor<$Bxi32> -> !s
    rondo.yield (%c, %mn : !h, !m) emit (%l, %c, %x, %bias : !s, !h, !x, !h)
  } -> (!h, !m, tensor<$Tx$Bx$E>, !hs, tensor<$Tx$Bx$Ix$E>, !hs)
  %l = rondo.reduce mean %ls dims = [0, 1] : tensor<$Tx$Bx$E> -> tensor<$E>
  return %l, %hs, %x1s, %bs : tensor<$E>, !hs, tensor<$Tx$Bx$Ix$E>, !hs
})";

/// A reverse scan written by hand, as differentiation makes them: sums over time in all forms.
inline const char *const sums = R"(
!h = tensor<$Bx$Hx$E>
!hs = tensor<$Tx$Bx$Hx$E>
!x = tensor<$Bx$Ix$E>
!w = tensor<$Hx$Ix$E>
!u = tensor<$Hx$Hx$E>
!b = tensor<$Hx$E>
!t = tensor<3x$Hx$E>
!hh = tensor<$Bx$2Hx$E>
func.func @f(%u: !u, %w0: !w, %ys: !hs, %xs: tensor<$Tx$Bx$Ix$E>, %text: tensor<$Tx$Bxi32>, %mask: !h)
    -> (!h, !w, !u, !b, !h, !t, !h, !h, !h, !u, !h, !h, !hh, tensor<$Tx$Bx$Ix$E>) {
  %zh = arith.constant dense<0.0> : !h
  %zu = arith.constant dense<0.0> : !u
  %zb = arith.constant dense<0.0> : !b
  %zt = arith.constant dense<0.0> : !t
  %z2 = arith.constant dense<1.0> : !hh
  %r:14 = rondo.scan (%d = %zh : !h, %w = %w0 : !w, %v = %zu : !u, %b = %zb : !b, %m = %mask : !h, %t = %zt : !t,
      %leaf = %zh : !h, %mixed = %zh : !h, %named = %zh : !h, %same = %zu : !u, %x2 = %zh : !h, %dup = %zh : !h,
      %linear = %z2 : !hh)
      over (%y = %ys : !hs, %x = %xs : tensor<$Tx$Bx$Ix$E>, %k = %text : tensor<$Tx$Bxi32>) length $T backward
      states ["", "", "", "", "", "", "", "", "kept", "", "", "", ""] {
    %d0 = arith.addf %d, %y : !h
    %d1 = math.tanh %d0 : !h
    %dn = rondo.contract %d1, %u "bo,oi->bi" : !h, !u -> !h
    // A contraction, to something; two contractions, one of them added before; one with an operand from outside.
    %wv = rondo.contract %d1, %x "bo,bi->oi" : !h, !x -> !w
    %wn = arith.addf %wv, %w : !w
    %u1 = rondo.contract %d1, %y "bo,bi->oi" : !h, !h -> !u
    %u2 = rondo.contract %d1, %d1 "bo,bi->oi" : !h, !h -> !u
    %u3 = rondo.contract %mask, %d1 "bo,bi->oi" : !h, !h -> !u
    %u12 = arith.addf %u1, %u2 : !u
    %v1 = arith.addf %v, %u12 : !u
    %vn = arith.addf %u3, %v1 : !u
    // Sums over the batch: of a stored value, and of a product of two.
    %b1 = rondo.reduce sum %d1 dims = [0] : !h -> !b
    %pe = arith.mulf %d1, %y : !h
    %b2 = rondo.reduce sum %pe dims = [0] : !h -> !b
    %b3 = rondo.reduce mean %d1 dims = [0] : !h -> !b
    %bn1 = arith.addf %b, %b1 : !b
    %bn2 = arith.addf %bn1, %b2 : !b
    %bn = arith.addf %bn2, %b3 : !b
    // A stored value as it is; rows of a table.
    %mn = arith.addf %m, %d1 : !h
    %rows = rondo.scatter_add %k, %d1 : tensor<$Bxi32>, !h -> !t
    %tn = arith.addf %t, %rows : !t
    // A value that nothing else stores; one together with a product; a state with a name.
    %e = math.exp %d1 : !h
    %leafn = arith.addf %leaf, %e : !h
    %e2 = arith.mulf %e, %d0 : !h
    %p2 = rondo.contract %d0, %u "bo,oi->bi" : !h, !u -> !h
    %mixed1 = arith.addf %mixed, %e2 : !h
    %mixedn = arith.addf %mixed1, %p2 : !h
    %namedn = arith.addf %named, %d1 : !h
    // The same at all positions; a sequence; a product that is read at each position too.
    %samen = arith.addf %same, %u : !u
    %x2n = arith.addf %x2, %y : !h
    %p3 = rondo.contract %d1, %u "bo,io->bi" : !h, !u -> !h
    %dupn = arith.addf %p3, %dup : !h
    %o = rondo.contract %p3, %w0 "bo,oi->bi" : !h, !w -> !x
    // Through linear ops: placed, scaled, repeated, negated.
    %p4 = rondo.contract %d1, %u "bo,oi->bi" : !h, !u -> !h
    %s4 = arith.mulf %mask, %p4 : !h
    %n4 = arith.negf %s4 : !h
    %zeros = arith.constant dense<0.0> : !hh
    %i4 = tensor.insert_slice %n4 into %zeros[0, $H] [$B, $H] [1, 1] : !h into !hh
    %r5 = rondo.reduce sum %d0 dims = [0] : !h -> !b
    %r6 = rondo.broadcast %r5 dims = [1] : !b -> !h
    %c6 = tensor.concat dim(1) %r6, %zh : (!h, !h) -> !hh
    %l6 = arith.subf %i4, %c6 : !hh
    %three = arith.constant dense<3.0> : !hh
    %l7 = arith.divf %l6, %three : !hh
    %linearn = arith.addf %l7, %linear : !hh
    rondo.yield (%dn, %wn, %vn, %bn, %mn, %tn, %leafn, %mixedn, %namedn, %samen, %x2n, %dupn, %linearn
        : !h, !w, !u, !b, !h, !t, !h, !h, !h, !u, !h, !h, !hh) emit (%o : !x)
  } -> (!h, !w, !u, !b, !h, !t, !h, !h, !h, !u, !h, !h, !hh, tensor<$Tx$Bx$Ix$E>)
  return %r#0, %r#1, %r#2, %r#3, %r#4, %r#5, %r#6, %r#7, %r#8, %r#9, %r#10, %r#11, %r#12, %r#13
      : !h, !w, !u, !b, !h, !t, !h, !h, !h, !u, !h, !h, !hh, tensor<$Tx$Bx$Ix$E>
})";

/// What is not stored for the whole sequence. Arithmetic on a product that is emitted in any case, which is in the loop
/// as well as in the sums over rows before it; and what only sums read, which the loop adds up: a product twice the
/// same, a state, a value beside a product.
inline const char *const unstored = R"(
!h = tensor<$Bx$Hx$E>
!hs = tensor<$Tx$Bx$Hx$E>
!s = tensor<$Bx$E>
!ss = tensor<$Tx$Bx$E>
!x = tensor<$Bx$Ix$E>
!w = tensor<$Hx$Ix$E>
!u = tensor<$Hx$Hx$E>
!b = tensor<$Hx$E>
func.func @f(%w: !w, %u: !u, %h0: !h, %xs: tensor<$Tx$Bx$Ix$E>) -> (!h, !b, !b, !b, !h, !hs, !ss, !ss) {
  %zh = arith.constant dense<0.0> : !h
  %zb = arith.constant dense<0.0> : !b
  %ones = arith.constant dense<1.0> : !s
  %r:8 = rondo.scan (%h = %h0 : !h, %a = %zb : !b, %b = %zb : !b, %c = %zb : !b, %d = %zh : !h)
      over (%x = %xs : tensor<$Tx$Bx$Ix$E>) length $T {
    %p = rondo.contract %x, %w "bi,oi->bo" : !x, !w -> !h
    %m = rondo.reduce mean %p dims = [1] : !h -> !s
    %mb = rondo.broadcast %m dims = [0] : !s -> !h
    %centred = arith.subf %p, %mb : !h
    %square = arith.mulf %centred, %centred : !h
    %v = rondo.reduce mean %square dims = [1] : !h -> !s
    %v1 = arith.addf %v, %ones : !s
    %vb = rondo.broadcast %v1 dims = [0] : !s -> !h
    %q = arith.divf %centred, %vb : !h
    %hu = rondo.contract %h, %u "bi,oi->bo" : !h, !u -> !h
    %sum = arith.addf %q, %hu : !h
    %n = math.tanh %sum : !h
    %g = arith.mulf %n, %q : !h
    %gs = rondo.reduce sum %g dims = [0] : !h -> !b
    %an = arith.addf %a, %gs : !b
    %bn = arith.addf %b, %gs : !b
    %old = rondo.reduce sum %h dims = [0] : !h -> !b
    %cn = arith.addf %c, %old : !b
    %nu = rondo.contract %n, %u "bo,oi->bi" : !h, !u -> !h
    %e = math.exp %n : !h
    %less = arith.subf %nu, %e : !h
    %dn = arith.addf %d, %less : !h
    rondo.yield (%n, %an, %bn, %cn, %dn : !h, !b, !b, !b, !h) emit (%p, %m, %v1 : !h, !s, !s)
  } -> (!h, !b, !b, !b, !h, !hs, !ss, !ss)
  return %r#0, %r#1, %r#2, %r#3, %r#4, %r#5, %r#6, %r#7 : !h, !b, !b, !b, !h, !hs, !ss, !ss
})";

/// A loop without recurrence once its sums have left, and one without any state.
inline const char *const noRecurrence = R"(
!h = tensor<$Bx$Hx$E>
!hs = tensor<$Tx$Bx$Hx$E>
!x = tensor<$Bx$Ix$E>
!w = tensor<$Hx$Ix$E>
func.func @f(%w: !w, %xs: tensor<$Tx$Bx$Ix$E>, %ys: !hs) -> (!w, !hs, !hs, !hs) {
  %zw = arith.constant dense<0.0> : !w
  %gT, %as = rondo.scan (%g = %zw : !w) over (%x = %xs : tensor<$Tx$Bx$Ix$E>, %y = %ys : !hs) length $T {
    %a = math.tanh %y : !h
    %c = rondo.contract %a, %x "bo,bi->oi" : !h, !x -> !w
    %gn = arith.addf %g, %c : !w
    %b = arith.mulf %a, %a : !h
    rondo.yield (%gn : !w) emit (%b : !h)
  } -> (!w, !hs)
  %bs, %cs = rondo.scan () over (%x = %xs : tensor<$Tx$Bx$Ix$E>, %y = %ys : !hs) length $T backward {
    %p = rondo.contract %x, %w "bi,oi->bo" : !x, !w -> !h
    %q = arith.mulf %p, %y : !h
    rondo.yield () emit (%q, %p : !h, !h)
  } -> (!hs, !hs)
  return %gT, %as, %bs, %cs : !w, !hs, !hs, !hs
})";

/// A scan within a scan: what leaves the inner one can leave the outer one, sums do so twice.
inline const char *const inner = R"(
!h = tensor<$Bx$Hx$E>
!x = tensor<$Bx$Ix$E>
!w = tensor<$Hx$Ix$E>
!xs = tensor<$Tx2x$Bx$Ix$E>
!hs = tensor<$Tx2x$Bx$Hx$E>
func.func @f(%w: !w, %u: tensor<$Hx$Hx$E>, %xs: !xs) -> (!h, !w, !hs) {
  %zh = arith.constant dense<0.0> : !h
  %zw = arith.constant dense<0.0> : !w
  %hT, %gT, %ys = rondo.scan (%h = %zh : !h, %g = %zw : !w) over (%x = %xs : !xs) length $T {
    %hn, %gn, %y = rondo.scan (%hi = %h : !h, %gi = %g : !w) over (%xi = %x : tensor<2x$Bx$Ix$E>) length 2 backward {
      %p = rondo.contract %xi, %w "bi,oi->bo" : !x, !w -> !h
      %q = rondo.contract %hi, %u "bi,oi->bo" : !h, tensor<$Hx$Hx$E> -> !h
      %s = arith.addf %p, %q : !h
      %t = math.tanh %s : !h
      %c = rondo.contract %t, %xi "bo,bi->oi" : !h, !x -> !w
      %gin = arith.addf %gi, %c : !w
      %o = rondo.contract %h, %u "bi,oi->bo" : !h, tensor<$Hx$Hx$E> -> !h
      %z = arith.addf %o, %t : !h
      rondo.yield (%t, %gin : !h, !w) emit (%z : !h)
    } -> (!h, !w, tensor<2x$Bx$Hx$E>)
    rondo.yield (%hn, %gn : !h, !w) emit (%y : tensor<2x$Bx$Hx$E>)
  } -> (!h, !w, !hs)
  return %hT, %gT, %ys : !h, !w, !hs
})";

/// Products that are read in slices: with a bias and the input's part, squared, of a weight that is the left operand,
/// with what is the same for all slices, and of the input in a loop without recurrence.
inline const char *const slices = R"(
!h = tensor<$Bx17x$E>
!hs = tensor<$Tx$Bx17x$E>
!a = tensor<$Bx51x$E>
!xs = tensor<$Tx$Bx$Ix$E>
func.func @f(%w: tensor<51x17x$E>, %u: tensor<$Ix51x$E>, %bias: tensor<51x$E>, %xs: !xs, %ys: tensor<$Tx$Bx51x$E>)
    -> (!h, !hs, !hs) {
  %z = arith.constant dense<0.5> : !h
  %b = rondo.broadcast %bias dims = [1] : tensor<51x$E> -> !a
  %hT, %hs = rondo.scan (%h = %z : !h) over (%y = %ys : tensor<$Tx$Bx51x$E>) length $T {
    %half = arith.constant dense<0.5> : !a
    %p = rondo.contract %h, %w "bi,oi->bo" : !h, tensor<51x17x$E> -> !a
    %q = arith.addf %p, %b : !a
    %yy = arith.mulf %y, %y : !a
    %r = arith.addf %q, %yy : !a
    %s = arith.mulf %r, %half : !a
    %i = tensor.extract_slice %s[0, 34] [$B, 17] [1, 1] : !a to !h
    %j = tensor.extract_slice %s[0, 0] [$B, 17] [1, 1] : !a to !h
    %k = tensor.extract_slice %s[0, 17] [$B, 17] [1, 1] : !a to !h
    %ti = math.tanh %i : !h
    %tj = rondo.sigmoid %j : !h
    %tk = math.tanh %k : !h
    %m = arith.mulf %ti, %tj : !h
    %n = arith.subf %m, %tk : !h
    rondo.yield (%n : !h) emit (%n : !h)
  } -> (!h, !hs)
  %gs = rondo.scan () over (%x = %xs : !xs) length $T backward {
    %p = rondo.contract %u, %x "io,bi->bo" : tensor<$Ix51x$E>, tensor<$Bx$Ix$E> -> !a
    %q = arith.negf %p : !a
    %i = tensor.extract_slice %q[0, 0] [$B, 17] [1, 1] : !a to !h
    %j = tensor.extract_slice %q[0, 34] [$B, 17] [1, 1] : !a to !h
    %g = arith.mulf %i, %j : !h
    rondo.yield () emit (%g : !h)
  } -> (!hs)
  return %hT, %hs, %gs : !h, !hs, !hs
})";

} // namespace rondo::test

#endif // RONDO_TEST_NUMERIC_SPLITMODELS_H
