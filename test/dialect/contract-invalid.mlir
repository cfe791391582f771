// Each constraint of contract and gate_product, broken.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// contract_c1: the spec's form.
func.func @contract_c1_form(%x: tensor<3x5xf32>, %w: tensor<7x5xf32>) {
  // expected-error @+1 {{expected a spec of the form "ab,bc->ac" with no letter twice in a term, found "bi,oi"}}
  %y = rondo.contract %x, %w "bi,oi" : tensor<3x5xf32>, tensor<7x5xf32> -> tensor<3x7xf32>
  return
}

// -----

// contract_c1: lower-case letters only.
func.func @contract_c1_letters(%x: tensor<3x5xf32>, %w: tensor<7x5xf32>) {
  // expected-error @+1 {{expected a spec of the form "ab,bc->ac" with no letter twice in a term, found "bI,oI->bo"}}
  %y = rondo.contract %x, %w "bI,oI->bo" : tensor<3x5xf32>, tensor<7x5xf32> -> tensor<3x7xf32>
  return
}

// -----

// contract_c1: one letter per dimension.
func.func @contract_c1_rank(%x: tensor<3x5xf32>, %w: tensor<7x5xf32>) {
  // expected-error @+1 {{expected 1 dimensions in rhs for the term "i", found 'tensor<7x5xf32>'}}
  %y = rondo.contract %x, %w "bi,i->b" : tensor<3x5xf32>, tensor<7x5xf32> -> tensor<3xf32>
  return
}

// -----

// contract_c1: no letter twice in one term.
func.func @contract_c1_twice(%x: tensor<5x5xf32>, %w: tensor<7x5xf32>) {
  // expected-error @+1 {{expected a spec of the form "ab,bc->ac" with no letter twice in a term, found "ii,oi->o"}}
  %y = rondo.contract %x, %w "ii,oi->o" : tensor<5x5xf32>, tensor<7x5xf32> -> tensor<7xf32>
  return
}

// -----

// contract_c2: one size per letter.
func.func @contract_c2(%x: tensor<3x5xf32>, %w: tensor<7x4xf32>) {
  // expected-error @+1 {{expected one size for the letter 'i', found 5 and 4}}
  %y = rondo.contract %x, %w "bi,oi->bo" : tensor<3x5xf32>, tensor<7x4xf32> -> tensor<3x7xf32>
  return
}

// -----

// contract_c2: in the result too.
func.func @contract_c2_result(%x: tensor<3x5xf32>, %w: tensor<7x5xf32>) {
  // expected-error @+1 {{'rondo.contract' op expected a result of type 'tensor<3x7xf32>', found 'tensor<7x3xf32>'}}
  %y = rondo.contract %x, %w "bi,oi->bo" : tensor<3x5xf32>, tensor<7x5xf32> -> tensor<7x3xf32>
  return
}

// -----

// contract_c3: the result's letters come from the operands.
func.func @contract_c3(%x: tensor<3x5xf32>, %w: tensor<7x5xf32>) {
  // expected-error @+1 {{expected the result's letter 'z' in an operand's term of "bi,oi->bz"}}
  %y = rondo.contract %x, %w "bi,oi->bz" : tensor<3x5xf32>, tensor<7x5xf32> -> tensor<3x7xf32>
  return
}

// -----

// contract_c4: one element type.
func.func @contract_c4(%x: tensor<3x5xf32>, %w: tensor<7x5xf64>) {
  // expected-error @+1 {{expected operands of one element type, found 'tensor<3x5xf32>' and 'tensor<7x5xf64>'}}
  %y = rondo.contract %x, %w "bi,oi->bo" : tensor<3x5xf32>, tensor<7x5xf64> -> tensor<3x7xf32>
  return
}

// -----

// contract_c4: of floating-point numbers.
func.func @contract_integers(%x: tensor<3x5xi32>, %w: tensor<7x5xi32>) {
  // expected-error @+1 {{'rondo.contract' op operand #0 must be statically shaped tensor of 32-bit float or 64-bit float values, but got 'tensor<3x5xi32>'}}
  %y = rondo.contract %x, %w "bi,oi->bo" : tensor<3x5xi32>, tensor<7x5xi32> -> tensor<3x7xi32>
  return
}

// -----

// gate_product_c1: at least two weights.
func.func @gate_product_c1(%h: tensor<2x4xf32>, %wi: tensor<6x4xf32>) {
  // expected-error @+1 {{'rondo.gate_product' op expected at least two weights, found 1}}
  %i = rondo.gate_product %h, (%wi) "bk,jk->bj" : tensor<2x4xf32>, (tensor<6x4xf32>) -> (tensor<2x6xf32>)
  return
}

// -----

// gate_product_c1: one result per weight.
func.func @gate_product_c1_results(%h: tensor<2x4xf32>, %w: tensor<6x4xf32>) {
  // expected-error @+2 {{'rondo.gate_product' op inferred type(s) 'tensor<2x6xf32>', 'tensor<2x6xf32>' are incompatible with return type(s) of operation 'tensor<2x6xf32>'}}
  // expected-error @+1 {{'rondo.gate_product' op failed to infer returned types}}
  %i = rondo.gate_product %h, (%w, %w) "bk,jk->bj"
      : tensor<2x4xf32>, (tensor<6x4xf32>, tensor<6x4xf32>) -> (tensor<2x6xf32>)
  return
}

// -----

// gate_product_c2: each pair is a valid contraction.
func.func @gate_product_c2(%h: tensor<2x4xf32>, %w: tensor<6x5xf32>) {
  // expected-error @+2 {{expected one size for the letter 'k', found 4 and 5}}
  // expected-error @+1 {{'rondo.gate_product' op failed to infer returned types}}
  %i, %f = rondo.gate_product %h, (%w, %w) "bk,jk->bj"
      : tensor<2x4xf32>, (tensor<6x5xf32>, tensor<6x5xf32>) -> (tensor<2x6xf32>, tensor<2x6xf32>)
  return
}

// -----

// gate_product_c3: weights of equal types.
func.func @gate_product_c3(%h: tensor<2x4xf32>, %wi: tensor<6x4xf32>, %wf: tensor<3x4xf32>) {
  // expected-error @+1 {{'rondo.gate_product' op expected weights of equal types, found 'tensor<6x4xf32>', 'tensor<3x4xf32>'}}
  %i, %f = rondo.gate_product %h, (%wi, %wf) "bk,jk->bj"
      : tensor<2x4xf32>, (tensor<6x4xf32>, tensor<3x4xf32>) -> (tensor<2x6xf32>, tensor<2x3xf32>)
  return
}
