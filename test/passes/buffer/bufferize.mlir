// A function's tensors become buffers that the caller gives; states and parameters are updated in place.
// RUN: rondo-opt %s --pass-pipeline='builtin.module(func.func(rondo-lower-to-linalg,rondo-fuse-pointwise),canonicalize,func.func(rondo-bufferize),canonicalize,cse,canonicalize)' \
// RUN:   -mlir-print-local-scope | FileCheck %s

// The loop works on the state's own buffer; nothing is allocated or copied.
// CHECK-LABEL: func.func @state_in_place(
// CHECK-SAME: %[[H:.*]]: memref<4xf32> {rondo.access = "inout", rondo.state = "h"},
// CHECK-SAME: %[[XS:.*]]: memref<5x4xf32> {rondo.access = "in", rondo.input = "x"}) {
// CHECK-NOT: {{memref.alloc|memref.copy}}
// CHECK: scf.for
// CHECK-NEXT: %[[X:.*]] = memref.subview %[[XS]]
// CHECK-NEXT: linalg.generic {{.*}} ins(%[[H]], %[[X]] : {{.*}}) outs(%[[H]] : memref<4xf32>)
// CHECK-NOT: {{memref.alloc|memref.copy}}
// CHECK: return{{$}}
func.func @state_in_place(%h0: tensor<4xf32> {rondo.state = "h"}, %xs: tensor<5x4xf32> {rondo.input = "x"})
    -> (tensor<4xf32> {rondo.state = "h"}) {
  %hT = rondo.scan (%h = %h0 : tensor<4xf32>) over (%x = %xs : tensor<5x4xf32>) length 5 {
    %n = arith.addf %h, %x : tensor<4xf32>
    rondo.yield (%n : tensor<4xf32>)
  } -> (tensor<4xf32>)
  return %hT : tensor<4xf32>
}

// A result is one more argument, at the end; each step's row of it is written where it belongs.
// CHECK-LABEL: func.func @output(
// CHECK-SAME: {rondo.access = "in", rondo.input = "x"}, %[[YS:.*]]: memref<5x4xf32> {rondo.access = "out", rondo.output = "y"}) {
// CHECK-NOT: {{memref.alloc|memref.copy}}
// CHECK: %[[Y:.*]] = memref.subview %[[YS]]
// CHECK-NEXT: linalg.generic {{.*}} outs(%[[Y]] :
// CHECK-NOT: {{memref.alloc|memref.copy}}
// CHECK: return{{$}}
func.func @output(%xs: tensor<5x4xf32> {rondo.input = "x"}) -> (tensor<5x4xf32> {rondo.output = "y"}) {
  %ys = rondo.scan () over (%x = %xs : tensor<5x4xf32>) length 5 {
    %n = math.tanh %x : tensor<4xf32>
    rondo.yield () emit (%n : tensor<4xf32>)
  } -> (tensor<5x4xf32>)
  return %ys : tensor<5x4xf32>
}

// A product reads all of the state while the new one is made, which must then not be written over it at once.
// CHECK-LABEL: func.func @state_read_by_a_product(
// CHECK-SAME: %[[H:.*]]: memref<2x4xf32> {rondo.access = "inout", rondo.state = "h"}, %[[U:[^:]*]]: memref<4x4xf32>
// CHECK: %[[PACKED:.*]] = memref.alloc() {{.*}} : memref<1x4x16xf32>
// CHECK: rondo.pack ins(%[[U]] : memref<4x4xf32>) outs(%[[PACKED]] : memref<1x4x16xf32>) lanes 1 terms 0 width 16
// CHECK: scf.for
// CHECK: %[[SUM:.*]] = memref.alloc() {{.*}} : memref<2x4xf32>
// CHECK: rondo.phase {{.*}} ins(%[[H]], %[[PACKED]] : {{.*}}) outs(%[[SUM]] : memref<2x4xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[SUM]] : memref<2x4xf32>) outs(%[[H]] : memref<2x4xf32>)
func.func @state_read_by_a_product(%h0: tensor<2x4xf32> {rondo.state = "h"}, %u: tensor<4x4xf32> {rondo.parameter = "u"})
    -> (tensor<2x4xf32> {rondo.state = "h"}) {
  %hT = rondo.scan (%h = %h0 : tensor<2x4xf32>) length 5 {
    %s = rondo.contract %h, %u "bi,io->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %n = math.tanh %s : tensor<2x4xf32>
    rondo.yield (%n : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>)
  return %hT : tensor<2x4xf32>
}

// What a phase reads at the point that it writes, and nowhere else, may lie in the same buffer; what its sums read may
// not, nor what it reads at other points.
// CHECK-LABEL: func.func @phase_in_place(
// CHECK-SAME: %[[C:[^:]*]]: memref<2x4xf32> {rondo.access = "inout", rondo.state = "c"}, %[[W:[^:]*]]: memref<4x4xf32>
// CHECK-NOT: {{memref.alloc|memref.copy}}
// CHECK: rondo.phase {{.*}} ins(%{{.*}}, %[[W]], %[[C]] : {{.*}}) outs(%[[C]] : memref<2x4xf32>)
// CHECK-NOT: {{memref.alloc|memref.copy}}
// CHECK: return{{$}}
#ik = affine_map<(i, j, k) -> (i, k)>
#kj = affine_map<(i, j, k) -> (k, j)>
#ij = affine_map<(i, j, k) -> (i, j)>
#j = affine_map<(i, j, k) -> (0, j)>
func.func @phase_in_place(%c: tensor<2x4xf32> {rondo.state = "c"}, %w: tensor<4x4xf32>, %x: tensor<2x4xf32>)
    -> (tensor<2x4xf32> {rondo.state = "c"}) {
  %e = tensor.empty() : tensor<2x4xf32>
  %0 = rondo.phase bounds [2, 4, 4] parallel 2
      ins(%x, %w, %c : tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [#ik, #kj, #ij, #ij]
      sums {
      ^bb0(%xk: f32, %wk: f32, %cj: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32, %cj: f32):
        %r = arith.addf %s, %cj : f32
        rondo.phase_yield %r : f32
      } -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @phase_not_in_place(
// CHECK-SAME: %[[C:[^:]*]]: memref<2x4xf32> {rondo.access = "inout", rondo.state = "c"}
// CHECK: %[[NEW:.*]] = memref.alloc() {{.*}} : memref<2x4xf32>
// CHECK: rondo.phase {{.*}} ins(%{{.*}}, %{{.*}}, %[[C]] : {{.*}}) outs(%[[NEW]] : memref<2x4xf32>)
// CHECK: memref.copy %[[NEW]], %[[C]]
func.func @phase_not_in_place(%c: tensor<2x4xf32> {rondo.state = "c"}, %w: tensor<4x4xf32>, %x: tensor<2x4xf32>)
    -> (tensor<2x4xf32> {rondo.state = "c"}) {
  %e = tensor.empty() : tensor<2x4xf32>
  %0 = rondo.phase bounds [2, 4, 4] parallel 2
      ins(%x, %w, %c : tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [#ik, #kj, #j, #ij]
      sums {
      ^bb0(%xk: f32, %wk: f32, %cj: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32, %cj: f32):
        %r = arith.addf %s, %cj : f32
        rondo.phase_yield %r : f32
      } -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// States that change places are both read before one is written.
// CHECK-LABEL: func.func @states_change_places(
// CHECK-SAME: %[[A:.*]]: memref<2xf32> {{{.*}}"a"}, %[[B:.*]]: memref<2xf32> {{{.*}}"b"})
// CHECK: scf.for
// CHECK-DAG: memref.copy %[[A]], %[[OLD_A:.*]] : memref<2xf32>
// CHECK-DAG: memref.copy %[[B]], %[[OLD_B:.*]] : memref<2xf32>
// CHECK-DAG: memref.copy %[[OLD_B]], %[[A]]
// CHECK-DAG: memref.copy %[[OLD_A]], %[[B]]
func.func @states_change_places(%a0: tensor<2xf32> {rondo.state = "a"}, %b0: tensor<2xf32> {rondo.state = "b"})
    -> (tensor<2xf32> {rondo.state = "a"}, tensor<2xf32> {rondo.state = "b"}) {
  %aT, %bT = rondo.scan (%a = %a0 : tensor<2xf32>, %b = %b0 : tensor<2xf32>) length 3 {
    rondo.yield (%b, %a : tensor<2xf32>, tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<2xf32>)
  return %aT, %bT : tensor<2xf32>, tensor<2xf32>
}

// A result has the argument's buffer if both are the same parameter; a gradient of that name is another thing.
// CHECK-LABEL: func.func @parameter_in_place(
// CHECK-SAME: %[[P:.*]]: memref<2xf32> {rondo.access = "inout", rondo.parameter = "w"},
// CHECK-SAME: %[[G:.*]]: memref<2xf32> {rondo.access = "in", rondo.gradient = "w"}) {
// CHECK-NEXT: linalg.generic {{.*}} ins(%[[P]], %[[G]] : {{.*}}) outs(%[[P]] : memref<2xf32>)
func.func @parameter_in_place(%p: tensor<2xf32> {rondo.parameter = "w"}, %g: tensor<2xf32> {rondo.gradient = "w"})
    -> (tensor<2xf32> {rondo.parameter = "w"}) {
  %0 = arith.subf %p, %g : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// Two results of one value are two buffers; an input and an output of one name are two as well.
// CHECK-LABEL: func.func @copied_results(
// CHECK-SAME: %[[X:.*]]: memref<2xf32> {rondo.access = "in", rondo.input = "x"},
// CHECK-SAME: %[[Y:.*]]: memref<2xf32> {rondo.access = "out", rondo.output = "x"},
// CHECK-SAME: %[[Z:.*]]: memref<2xf32> {rondo.access = "out", rondo.output = "z"})
// CHECK-DAG: memref.copy %[[X]], %[[Y]]
// CHECK-DAG: memref.copy %[[X]], %[[Z]]
func.func @copied_results(%x: tensor<2xf32> {rondo.input = "x"})
    -> (tensor<2xf32> {rondo.output = "x"}, tensor<2xf32> {rondo.output = "z"}) {
  return %x, %x : tensor<2xf32>, tensor<2xf32>
}

// Slots that a window goes to are the state's own buffer, which what follows reads: no slot is copied.
// CHECK-LABEL: func.func @slots(
// CHECK-SAME: %[[S:[^:]*]]: memref<9x2xf32> {rondo.access = "inout", rondo.state = "s"}, %[[X:[^:]*]]: memref<4x2xf32>
// CHECK-SAME: %[[P:[^:]*]]: memref<2xi64>
// CHECK-NOT: {{memref.alloc|memref.copy}}
// CHECK: rondo.append %[[X]] to %[[S]] at %[[P]] dim 0 rows 1 : memref<4x2xf32>, memref<9x2xf32>, memref<2xi64>
// CHECK: linalg.generic {{.*}} ins(%[[S]] : memref<9x2xf32>)
// CHECK-NOT: {{memref.alloc|memref.copy}}
// CHECK: return{{$}}
func.func @slots(%s: tensor<9x2xf32> {rondo.state = "s"}, %x: tensor<4x2xf32> {rondo.input = "x"},
                 %p: tensor<2xi64> {rondo.position})
    -> (tensor<2xf32> {rondo.output = "y"}, tensor<9x2xf32> {rondo.state = "s"}) {
  %all = rondo.append %x to %s at %p dim 0 rows 1
      : tensor<4x2xf32>, tensor<9x2xf32>, tensor<2xi64> -> tensor<9x2xf32>
  %y = rondo.reduce sum %all dims = [0] : tensor<9x2xf32> -> tensor<2xf32>
  return %y, %all : tensor<2xf32>, tensor<9x2xf32>
}

// Where the slots before are read as well, behind it, they are another buffer.
// CHECK-LABEL: func.func @slots_before(
// CHECK: memref.alloc
// CHECK: rondo.append
func.func @slots_before(%s: tensor<9x2xf32> {rondo.state = "s"}, %x: tensor<4x2xf32> {rondo.input = "x"})
    -> (tensor<9x2xf32> {rondo.output = "y"}, tensor<9x2xf32> {rondo.state = "s"}) {
  %all = rondo.append %x to %s dim 0 rows 1 : tensor<4x2xf32>, tensor<9x2xf32> -> tensor<9x2xf32>
  %y = arith.subf %all, %s : tensor<9x2xf32>
  return %y, %all : tensor<9x2xf32>, tensor<9x2xf32>
}
