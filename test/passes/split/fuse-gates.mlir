// Which contractions become one gate product.
// RUN: rondo-opt %s --rondo-fuse-gates | FileCheck %s

// The shared operand may stand on either side, and letters may have other names. The product stands where the first
// contraction stood: what the later ones need moves in front of it.
// CHECK-LABEL: func.func @roles_and_letters
// CHECK: %[[V:.*]] = math.exp
// CHECK: %[[P:.*]]:3 = rondo.gate_product %arg0, (%arg1, %arg2, %[[V]]) "bi,oi->bo"
// CHECK-NOT: rondo.contract
// CHECK: math.tanh %[[P]]#0
func.func @roles_and_letters(%h: tensor<2x4xf32>, %wi: tensor<3x4xf32>, %wf: tensor<3x4xf32>, %wo: tensor<3x4xf32>)
    -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %i = rondo.contract %h, %wi "bi,oi->bo" : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x3xf32>
  %it = math.tanh %i : tensor<2x3xf32>
  %f = rondo.contract %wf, %h "ki,ni->nk" : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<2x3xf32>
  %v = math.exp %wo : tensor<3x4xf32>
  %o = rondo.contract %h, %v "bi,oi->bo" : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x3xf32>
  return %it, %f, %o : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}

// A contraction that depends on another one, here through tanh, is left out; the third one is not.
// CHECK-LABEL: func.func @not_across_a_dependence
// CHECK: %[[P:.*]]:2 = rondo.gate_product %arg0, (%arg1, %arg2) "bi,oi->bo"
// CHECK: %[[T:.*]] = math.tanh %[[P]]#0
// CHECK: rondo.contract %arg0, %[[T]] "bi,oi->bo"
func.func @not_across_a_dependence(%h: tensor<4x4xf32>, %w: tensor<4x4xf32>, %v: tensor<4x4xf32>)
    -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %a = rondo.contract %h, %w "bi,oi->bo" : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %t = math.tanh %a : tensor<4x4xf32>
  %b = rondo.contract %h, %t "bi,oi->bo" : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %c = rondo.contract %h, %v "bi,oi->bo" : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return %b, %c : tensor<4x4xf32>, tensor<4x4xf32>
}

// Other roles, other shapes: other products.
// CHECK-LABEL: func.func @equal_form_only
// CHECK-NOT: rondo.gate_product
func.func @equal_form_only(%h: tensor<4x4xf32>, %w: tensor<4x4xf32>, %v: tensor<3x4xf32>)
    -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x3xf32>) {
  %a = rondo.contract %h, %w "bi,oi->bo" : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %b = rondo.contract %h, %w "ib,oi->bo" : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %c = rondo.contract %h, %v "bi,oi->bo" : tensor<4x4xf32>, tensor<3x4xf32> -> tensor<4x3xf32>
  return %a, %b, %c : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x3xf32>
}

// Weights' gradients: the one with three partners gets the contraction that two could have.
// CHECK-LABEL: func.func @largest_group_first
// CHECK: rondo.contract %arg2, %arg1
// CHECK: rondo.gate_product %arg0, (%arg2, %arg3, %arg4) "tbi,tbo->oi"
func.func @largest_group_first(%h: tensor<6x2x4xf32>, %x: tensor<6x2x4xf32>, %di: tensor<6x2x4xf32>,
                               %df: tensor<6x2x4xf32>, %do: tensor<6x2x4xf32>)
    -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
  %a = rondo.contract %di, %x "tbo,tbi->oi" : tensor<6x2x4xf32>, tensor<6x2x4xf32> -> tensor<4x4xf32>
  %b = rondo.contract %di, %h "tbo,tbi->oi" : tensor<6x2x4xf32>, tensor<6x2x4xf32> -> tensor<4x4xf32>
  %c = rondo.contract %df, %h "tbo,tbi->oi" : tensor<6x2x4xf32>, tensor<6x2x4xf32> -> tensor<4x4xf32>
  %d = rondo.contract %do, %h "tbo,tbi->oi" : tensor<6x2x4xf32>, tensor<6x2x4xf32> -> tensor<4x4xf32>
  return %a, %b, %c, %d : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}

// One weight for two inputs is no gate: the weights are what is packed.
// CHECK-LABEL: func.func @weight_is_not_shared
// CHECK-NOT: rondo.gate_product
func.func @weight_is_not_shared(%w: tensor<3x4xf32> {rondo.parameter = "w"}, %x: tensor<2x4xf32> {rondo.input = "x"},
                                %y: tensor<2x4xf32> {rondo.input = "y"}) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %a = rondo.contract %x, %w "bi,oi->bo" : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x3xf32>
  %b = rondo.contract %y, %w "bi,oi->bo" : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x3xf32>
  return %a, %b : tensor<2x3xf32>, tensor<2x3xf32>
}
