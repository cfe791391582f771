// A contraction becomes a phase over loops whose lanes are contiguous in memory.
// RUN: rondo-opt %s --rondo-lower-to-linalg -mlir-print-local-scope | FileCheck %s

// Weights are laid out in blocks of lanes, once: before the loop that they do not change in.
// CHECK-LABEL: func.func @weights_are_packed_before_the_loop(
// CHECK-SAME: %[[H:.*]]: tensor<2x4xf32>, %[[U:.*]]: tensor<3x4xf32>
// CHECK: %[[PACKED:.*]] = rondo.pack ins(%[[U]] : tensor<3x4xf32>) outs(%{{.*}} : tensor<1x4x16xf32>) lanes 0 terms 1 width 16
// CHECK: scf.for
// CHECK: rondo.phase bounds [2, 3, 4] parallel 2
// CHECK-SAME: ins(%[[H]], %[[PACKED]] : tensor<2x4xf32>, tensor<1x4x16xf32>) outs(%{{.*}} : tensor<2x3xf32>)
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1 floordiv 16, d2, d1 mod 16)>,
// CHECK-SAME: affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK-NOT: {{rondo.phase |rondo.pack|linalg.generic}}
// CHECK: scf.yield
func.func @weights_are_packed_before_the_loop(%h: tensor<2x4xf32>, %u: tensor<3x4xf32>) -> tensor<5x2x3xf32> {
  %ys = rondo.scan () length 5 {
    %y = rondo.contract %h, %u "bi,oi->bo" : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x3xf32>
    rondo.yield () emit (%y : tensor<2x3xf32>)
  } -> (tensor<5x2x3xf32>)
  return %ys : tensor<5x2x3xf32>
}

// A loop that changes its weights would pack them for one product: they are transposed in it, where they lie otherwise.
// CHECK-LABEL: func.func @weights_of_the_loop_are_turned_in_it(
// CHECK-NOT: {{rondo.pack|linalg.generic}}
// CHECK: scf.for {{.*}} iter_args(%[[W:[^ ]*]] =
// CHECK: %[[TRANSPOSED:.*]] = linalg.generic
// CHECK-SAME: affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>
// CHECK-SAME: ins(%[[W]] : tensor<4x4xf32>) outs(%{{.*}} : tensor<4x4xf32>)
// CHECK: rondo.phase {{.*}} ins(%{{.*}}, %[[TRANSPOSED]] :
// CHECK-SAME: affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-NOT: rondo.pack
func.func @weights_of_the_loop_are_turned_in_it(%w0: tensor<4x4xf32>, %h: tensor<5x4xf32>) -> tensor<3x5x4xf32> {
  %wT, %ys = rondo.scan (%w = %w0 : tensor<4x4xf32>) length 3 {
    %n = rondo.contract %h, %w "bi,oi->bo" : tensor<5x4xf32>, tensor<4x4xf32> -> tensor<5x4xf32>
    %d = arith.addf %w, %w : tensor<4x4xf32>
    rondo.yield (%d : tensor<4x4xf32>) emit (%n : tensor<5x4xf32>)
  } -> (tensor<4x4xf32>, tensor<3x5x4xf32>)
  return %ys : tensor<3x5x4xf32>
}

// Parameters are packed wherever they are read, and other operands where sixteen rows share them; one pack serves all
// products that read it in one block. What a few rows read stays as it is, if its lanes are contiguous.
// CHECK-LABEL: func.func @what_is_packed(
// CHECK-SAME: %[[H:[^:]*]]: tensor<2x4xf32>, %[[M:[^:]*]]: tensor<16x4xf32>, %[[U:[^:]*]]: tensor<4x3xf32> {{{.*}}}, %[[W:[^:]*]]: tensor<4x3xf32>)
// CHECK: %[[PU:.*]] = rondo.pack ins(%[[U]] : tensor<4x3xf32>) outs(%{{.*}} : tensor<1x4x16xf32>) lanes 1 terms 0 width 16
// CHECK: rondo.phase bounds [2, 3, 4] parallel 2 ins(%[[H]], %[[PU]] :
// CHECK: rondo.phase bounds [2, 3, 4] parallel 2 ins(%[[H]], %[[W]] :
// CHECK-SAME: affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK: %[[PW:.*]] = rondo.pack ins(%[[W]] : tensor<4x3xf32>)
// CHECK: rondo.phase bounds [16, 3, 4] parallel 2 ins(%[[M]], %[[PW]] :
// CHECK: rondo.phase bounds [16, 3, 4] parallel 2 ins(%[[M]], %[[PU]] :
// CHECK-NOT: rondo.pack
// CHECK: return
func.func @what_is_packed(%h: tensor<2x4xf32>, %m: tensor<16x4xf32>, %u: tensor<4x3xf32> {rondo.parameter = "u"},
                          %w: tensor<4x3xf32>)
    -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<16x3xf32>, tensor<16x3xf32>) {
  %0 = rondo.contract %h, %u "bi,io->bo" : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  %1 = rondo.contract %h, %w "bi,io->bo" : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  %2 = rondo.contract %m, %w "bi,io->bo" : tensor<16x4xf32>, tensor<4x3xf32> -> tensor<16x3xf32>
  %3 = rondo.contract %m, %u "bi,io->bo" : tensor<16x4xf32>, tensor<4x3xf32> -> tensor<16x3xf32>
  return %0, %1, %2, %3 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<16x3xf32>, tensor<16x3xf32>
}

// Blocks are as wide as a register tile: four vectors of 16 features for a few rows, two (of 8 in double)
// where many rows read them.
// CHECK-LABEL: func.func @width_of_blocks(
// CHECK: rondo.pack {{.*}} outs(%{{.*}} : tensor<4x4x64xf32>) lanes 0 terms 1 width 64
// CHECK: affine_map<(d0, d1, d2) -> (d1 floordiv 64, d2, d1 mod 64)>
// CHECK: rondo.pack {{.*}} outs(%{{.*}} : tensor<16x4x16xf64>) lanes 0 terms 1 width 16
func.func @width_of_blocks(%h: tensor<4x4xf32>, %u: tensor<256x4xf32> {rondo.parameter = "u"}, %g: tensor<8x4xf64>,
                           %v: tensor<256x4xf64> {rondo.parameter = "v"}) -> (tensor<4x256xf32>, tensor<8x256xf64>) {
  %0 = rondo.contract %h, %u "bi,oi->bo" : tensor<4x4xf32>, tensor<256x4xf32> -> tensor<4x256xf32>
  %1 = rondo.contract %g, %v "bi,oi->bo" : tensor<8x4xf64>, tensor<256x4xf64> -> tensor<8x256xf64>
  return %0, %1 : tensor<4x256xf32>, tensor<8x256xf64>
}

// A phase sums products and gives the sum as it is.
// CHECK-LABEL: func.func @sums_products(
// CHECK: rondo.phase {{.*}} sums {
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32):
// CHECK-NEXT: %[[AB:.*]] = arith.mulf %[[A]], %[[B]]
// CHECK-NEXT: rondo.phase_yield %[[AB]]
// CHECK-NEXT: } epilogue {
// CHECK-NEXT: ^bb0(%[[SUM:.*]]: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT: rondo.phase_yield %[[SUM]]
func.func @sums_products(%h: tensor<2x4xf32>, %w: tensor<4x3xf32>) -> tensor<2x3xf32> {
  %0 = rondo.contract %h, %w "bi,io->bo" : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// Products that are summands of one sum are one phase, and what they share comes in once; the other summands stay.
// CHECK-LABEL: func.func @summands_of_one_sum(
// CHECK-SAME: %[[H:[^:]*]]: tensor<2x4xf32>, %[[W:[^:]*]]: tensor<4x3xf32>, %[[V:[^:]*]]: tensor<4x3xf32>, %[[B:[^:]*]]: tensor<2x3xf32>)
// CHECK: %[[S:.*]] = rondo.phase bounds [2, 3, 4] parallel 2 ins(%[[H]], %[[W]], %[[V]] :
// CHECK: %[[P:.*]] = arith.mulf %[[X:.*]], %{{.*}} : f32
// CHECK: %[[Q:.*]] = arith.mulf %[[X]], %{{.*}} : f32
// CHECK: %[[PQ:.*]] = arith.addf %[[P]], %[[Q]] : f32
// CHECK: rondo.phase_yield %[[PQ]] : f32
// CHECK-NOT: rondo.phase{{ }}
// CHECK: %[[R:.*]] = arith.addf %[[S]], %[[B]]
// CHECK-NEXT: return %[[R]]
func.func @summands_of_one_sum(%h: tensor<2x4xf32>, %w: tensor<4x3xf32>, %v: tensor<4x3xf32>,
                               %b: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = rondo.contract %h, %w "bi,io->bo" : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  %1 = arith.addf %b, %0 : tensor<2x3xf32>
  %2 = rondo.contract %h, %v "bi,io->bo" : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  %3 = arith.addf %2, %1 : tensor<2x3xf32>
  return %3 : tensor<2x3xf32>
}

// Not products of different loops, nor one that someone else reads.
// CHECK-LABEL: func.func @summands_apart(
// CHECK-COUNT-3: rondo.phase
// CHECK: arith.addf %{{.*}} : tensor<2x3xf32>
// CHECK: arith.addf %{{.*}} : tensor<2x3xf32>
func.func @summands_apart(%h: tensor<2x4xf32>, %w: tensor<4x3xf32>, %g: tensor<2x5xf32>, %v: tensor<5x3xf32>)
    -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = rondo.contract %h, %w "bi,io->bo" : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  %1 = rondo.contract %g, %v "bi,io->bo" : tensor<2x5xf32>, tensor<5x3xf32> -> tensor<2x3xf32>
  %2 = rondo.contract %h, %w "bi,io->bo" : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  %3 = arith.addf %0, %1 : tensor<2x3xf32>
  %4 = arith.addf %3, %2 : tensor<2x3xf32>
  return %0, %4 : tensor<2x3xf32>, tensor<2x3xf32>
}

// A sum over time and batch outside of loops is a sum over one loop, and many rows read the packed sequence.
// CHECK-LABEL: func.func @time_and_batch(
// CHECK-SAME: %[[G:[^:]*]]: tensor<5x2x16xf32>, %[[X:[^:]*]]: tensor<5x2x3xf32>)
// CHECK-DAG: %[[GS:.*]] = tensor.collapse_shape %[[G]] {{\[\[}}0, 1], [2]] : tensor<5x2x16xf32> into tensor<10x16xf32>
// CHECK-DAG: %[[XS:.*]] = tensor.collapse_shape %[[X]] {{\[\[}}0, 1], [2]] : tensor<5x2x3xf32> into tensor<10x3xf32>
// CHECK: %[[P:.*]] = rondo.pack ins(%[[XS]] : tensor<10x3xf32>) outs(%{{.*}} : tensor<1x10x16xf32>) lanes 1 terms 0 width 16
// CHECK: rondo.phase bounds [16, 3, 10] parallel 2 ins(%[[GS]], %[[P]] :
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d2, d0)>, affine_map<(d0, d1, d2) -> (d1 floordiv 16, d2, d1 mod 16)>,
func.func @time_and_batch(%g: tensor<5x2x16xf32>, %x: tensor<5x2x3xf32>) -> tensor<16x3xf32> {
  %0 = rondo.contract %g, %x "tbo,tbi->oi" : tensor<5x2x16xf32>, tensor<5x2x3xf32> -> tensor<16x3xf32>
  return %0 : tensor<16x3xf32>
}

// Rows whose elements lie far apart, as many as a way of the first-level cache has lines, are laid out one behind the
// other: each with all its terms, an odd number of lines apart.
// CHECK-LABEL: func.func @far_apart(
// CHECK-SAME: %[[G:[^:]*]]: tensor<64x512xf32>, %[[X:[^:]*]]: tensor<64x3xf32>)
// CHECK-DAG: %[[P:.*]] = rondo.pack ins(%[[X]] : tensor<64x3xf32>)
// CHECK-DAG: %[[ROWS:.*]] = rondo.pack ins(%[[G]] : tensor<64x512xf32>) outs(%{{.*}} : tensor<1x512x80xf32>) lanes 0 terms 1 width 80
// CHECK: rondo.phase bounds [512, 3, 64] parallel 2 ins(%[[ROWS]], %[[P]] :
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (0, d0, d2)>,
func.func @far_apart(%g: tensor<64x512xf32>, %x: tensor<64x3xf32>) -> tensor<512x3xf32> {
  %0 = rondo.contract %g, %x "to,ti->oi" : tensor<64x512xf32>, tensor<64x3xf32> -> tensor<512x3xf32>
  return %0 : tensor<512x3xf32>
}

// Rows of more than a page lie in blocks of rows, term after term.
// CHECK-LABEL: func.func @long_rows(
// CHECK-SAME: %[[G:[^:]*]]: tensor<1025x512xf32>,
// CHECK: %[[ROWS:.*]] = rondo.pack ins(%[[G]] : tensor<1025x512xf32>) outs(%{{.*}} : tensor<32x1025x16xf32>) lanes 1 terms 0 width 16
// CHECK: rondo.phase {{.*}} ins(%[[ROWS]],
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0 floordiv 16, d2, d0 mod 16)>,
func.func @long_rows(%g: tensor<1025x512xf32>, %x: tensor<1025x3xf32>) -> tensor<512x3xf32> {
  %0 = rondo.contract %g, %x "to,ti->oi" : tensor<1025x512xf32>, tensor<1025x3xf32> -> tensor<512x3xf32>
  return %0 : tensor<512x3xf32>
}

// A product to a single number only sums.
// CHECK-LABEL: func.func @dot(
// CHECK: linalg.generic {{.*}}iterator_types = ["reduction"]} {{.*}} outs(%{{.*}} : tensor<f32>)
func.func @dot(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<f32> {
  %0 = rondo.contract %a, %b "i,i->" : tensor<4xf32>, tensor<4xf32> -> tensor<f32>
  return %0 : tensor<f32>
}

// What both operands and the result have is a matrix for each position: the keys of each sequence and head.
// CHECK-LABEL: func.func @heads(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<16x2x4x8xf32>, %[[K:[^:]*]]: tensor<5x2x4x8xf32>)
// CHECK: %[[P:.*]] = rondo.pack ins(%[[K]] : tensor<5x2x4x8xf32>) outs(%{{.*}} : tensor<2x4x1x8x16xf32>) lanes 0 terms 3 width 16
// CHECK: rondo.phase bounds [2, 4, 16, 5, 8] parallel 4 ins(%[[Q]], %[[P]] :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3, d4) -> (d2, d0, d1, d4)>,
// CHECK-SAME: affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3 floordiv 16, d4, d3 mod 16)>,
func.func @heads(%q: tensor<16x2x4x8xf32>, %k: tensor<5x2x4x8xf32>) -> tensor<2x4x16x5xf32> {
  %0 = rondo.contract %q, %k "tbnd,sbnd->bnts" : tensor<16x2x4x8xf32>, tensor<5x2x4x8xf32> -> tensor<2x4x16x5xf32>
  return %0 : tensor<2x4x16x5xf32>
}

// Scores of an additive attention at each step: sums along contiguous memory, where the operand with the lanes would be
// turned around for one row. Not the memory, which the loop does not change.
// CHECK-LABEL: func.func @scores(
// CHECK: rondo.pack ins(%arg1 : tensor<5x2x4xf32>) outs(%{{.*}} : tensor<2x1x4x16xf32>) lanes 0 terms 2 width 16
// CHECK: scf.for
// CHECK-NOT: tensor<5x4x2xf32>
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]} {{.*}} outs(%{{.*}} : tensor<5x2xf32>)
// CHECK: rondo.phase bounds [2, 5, 4] parallel 2
// CHECK: scf.yield
func.func @scores(%xs: tensor<3x5x2x4xf32>, %m: tensor<5x2x4xf32>, %v: tensor<4xf32>, %q: tensor<3x2x4xf32>)
    -> (tensor<3x5x2xf32>, tensor<3x2x5xf32>) {
  %es, %ss = rondo.scan () over (%x = %xs : tensor<3x5x2x4xf32>, %qt = %q : tensor<3x2x4xf32>) length 3 {
    %t = math.tanh %x : tensor<5x2x4xf32>
    %e = rondo.contract %t, %v "sba,a->sb" : tensor<5x2x4xf32>, tensor<4xf32> -> tensor<5x2xf32>
    %s = rondo.contract %qt, %m "ba,sba->bs" : tensor<2x4xf32>, tensor<5x2x4xf32> -> tensor<2x5xf32>
    rondo.yield () emit (%e, %s : tensor<5x2xf32>, tensor<2x5xf32>)
  } -> (tensor<3x5x2xf32>, tensor<3x2x5xf32>)
  return %es, %ss : tensor<3x5x2xf32>, tensor<3x2x5xf32>
}

// A convolution reads neighbours where they are, every second position and those beside it; another reader gets the
// windows, one neighbour after the other.
// CHECK-LABEL: func.func @convolution(
// CHECK-SAME: %[[X:[^:]*]]: tensor<9x2x4xf32>
// CHECK-NOT: scf.for
// CHECK: rondo.phase bounds [4, 2, 8, 3, 4] parallel 3 ins(%[[X]], %{{.*}} :
// CHECK-SAME: maps [affine_map<(d0, d1, d2, d3, d4) -> (d0 * 2 + d3, d1, d4)>
// CHECK: return
func.func @convolution(%x: tensor<9x2x4xf32>, %w: tensor<8x3x4xf32>) -> tensor<4x2x8xf32> {
  %0 = rondo.window %x dim = 0 size = 3 stride = 2 dilation = 1 : tensor<9x2x4xf32> -> tensor<4x3x2x4xf32>
  %y = rondo.contract %0, %w "tjbi,oji->tbo" : tensor<4x3x2x4xf32>, tensor<8x3x4xf32> -> tensor<4x2x8xf32>
  return %y : tensor<4x2x8xf32>
}

// CHECK-LABEL: func.func @pooling(
// CHECK: %[[W:.*]] = scf.for %[[J:.*]] = %c0 to %c3
// CHECK: tensor.extract_slice %{{.*}}[%[[J]], 0] [4, 2] [2, 1]
// CHECK: tensor.insert_slice {{.*}}[0, %[[J]], 0] [4, 1, 2] [1, 1, 1]
// CHECK: linalg.generic {{.*}} ins(%[[W]] :
func.func @pooling(%x: tensor<9x2xf32>) -> tensor<4x2xf32> {
  %0 = rondo.window %x dim = 0 size = 3 stride = 2 dilation = 1 : tensor<9x2xf32> -> tensor<4x3x2xf32>
  %y = rondo.reduce max %0 dims = [1] : tensor<4x3x2xf32> -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// Without anything to sum over it is pointwise: nothing is added to a zero.
// CHECK-LABEL: func.func @outer_product(
// CHECK-NOT: linalg.fill
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "parallel"]}
// CHECK: arith.mulf
// CHECK-NOT: arith.addf
// CHECK: return
func.func @outer_product(%s: tensor<5x2xf32>, %v: tensor<4xf32>) -> tensor<5x2x4xf32> {
  %0 = rondo.contract %s, %v "sb,a->sba" : tensor<5x2xf32>, tensor<4xf32> -> tensor<5x2x4xf32>
  return %0 : tensor<5x2x4xf32>
}

// An outer product of vectors of each sequence is arithmetic, which joins that around it.
// CHECK-LABEL: func.func @outer_product_of_vectors(
// CHECK-SAME: %[[A:[^:]*]]: tensor<5x2xf32>, %[[B:[^:]*]]: tensor<5x4xf32>
// CHECK: %[[L:.*]] = rondo.broadcast %[[A]] dims = [0, 1] : tensor<5x2xf32> -> tensor<5x2x4xf32>
// CHECK: %[[R:.*]] = rondo.broadcast %[[B]] dims = [0, 2] : tensor<5x4xf32> -> tensor<5x2x4xf32>
// CHECK: arith.mulf %[[L]], %[[R]] : tensor<5x2x4xf32>
// CHECK-NOT: linalg
// CHECK: return
func.func @outer_product_of_vectors(%a: tensor<5x2xf32>, %b: tensor<5x4xf32>) -> tensor<5x2x4xf32> {
  %0 = rondo.contract %a, %b "bi,bj->bij" : tensor<5x2xf32>, tensor<5x4xf32> -> tensor<5x2x4xf32>
  return %0 : tensor<5x2x4xf32>
}

// Products of matrices that a step makes have the loops of these, in their order, along rows and along columns; so has
// that of a single step. Other products of matrices are phases.
// CHECK-LABEL: func.func @products_of_a_state(
// CHECK: scf.for
// CHECK: %[[N:.*]] = arith.addf {{.*}} : tensor<5x2x4xf32>
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>],
// CHECK-SAME: iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[N]], %{{.*}} attrs = {rondo.matrix_product}
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d2)>],
// CHECK-SAME: iterator_types = ["parallel", "reduction", "parallel"]} ins(%{{.*}}, %[[N]] {{.*}} attrs = {rondo.matrix_product}
// CHECK: scf.yield
// CHECK: rondo.phase
// CHECK-LABEL: func.func @product_of_one_step(
// CHECK: linalg.generic {{.*}} attrs = {rondo.matrix_product}
func.func @products_of_a_state(%c0: tensor<5x2x4xf32>, %as: tensor<3x5x2xf32>, %bs: tensor<3x5x4xf32>)
    -> (tensor<3x5x2xf32>, tensor<3x5x4xf32>, tensor<5x4xf32>) {
  %cT, %ys, %zs = rondo.scan (%c = %c0 : tensor<5x2x4xf32>) over (%a = %as : tensor<3x5x2xf32>, %b = %bs : tensor<3x5x4xf32>) length 3 {
    %n = arith.addf %c, %c : tensor<5x2x4xf32>
    %y = rondo.contract %n, %b "bij,bj->bi" : tensor<5x2x4xf32>, tensor<5x4xf32> -> tensor<5x2xf32>
    %z = rondo.contract %a, %n "bi,bij->bj" : tensor<5x2xf32>, tensor<5x2x4xf32> -> tensor<5x4xf32>
    rondo.yield (%n : tensor<5x2x4xf32>) emit (%y, %z : tensor<5x2xf32>, tensor<5x4xf32>)
  } -> (tensor<5x2x4xf32>, tensor<3x5x2xf32>, tensor<3x5x4xf32>)
  %a0 = tensor.extract_slice %as[0, 0, 0] [1, 5, 2] [1, 1, 1] : tensor<3x5x2xf32> to tensor<5x2xf32>
  %0 = rondo.contract %a0, %c0 "bi,bij->bj" : tensor<5x2xf32>, tensor<5x2x4xf32> -> tensor<5x4xf32>
  return %ys, %zs, %0 : tensor<3x5x2xf32>, tensor<3x5x4xf32>, tensor<5x4xf32>
}
func.func @product_of_one_step(%c0: tensor<5x2x4xf32>, %as: tensor<1x5x2xf32>) -> tensor<1x5x4xf32> {
  %cT, %zs = rondo.scan (%c = %c0 : tensor<5x2x4xf32>) over (%a = %as : tensor<1x5x2xf32>) length 1 {
    %n = arith.addf %c, %c : tensor<5x2x4xf32>
    %z = rondo.contract %a, %n "bi,bij->bj" : tensor<5x2xf32>, tensor<5x2x4xf32> -> tensor<5x4xf32>
    rondo.yield (%n : tensor<5x2x4xf32>) emit (%z : tensor<5x4xf32>)
  } -> (tensor<5x2x4xf32>, tensor<1x5x4xf32>)
  return %zs : tensor<1x5x4xf32>
}
