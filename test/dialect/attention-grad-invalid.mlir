// Each constraint of the derivative of attention, broken.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// attention_grad_c1: one size for each letter.
func.func @attention_grad_c1_size(%q: tensor<7x4xf32>, %k: tensor<5x6xf32>, %v: tensor<5x3xf32>, %y: tensor<7x3xf32>) {
  // expected-error @+1 {{'rondo.attention_grad' op expected one size for the letter 'd', found 4 and 6}}
  %d:3 = rondo.attention_grad %q, %k, %v, %y, %y "td,sd,se->te" scale 1.0 : tensor<7x4xf32>, tensor<5x6xf32>, tensor<5x3xf32>, tensor<7x3xf32>
  return
}

// -----

// attention_grad_c1: one element type.
func.func @attention_grad_c1_type(%q: tensor<7x4xf32>, %k: tensor<5x4xf64>, %v: tensor<5x3xf32>, %y: tensor<7x3xf32>) {
  // expected-error @+1 {{'rondo.attention_grad' op expected keys of element type 'f32', found 'tensor<5x4xf64>'}}
  %d:3 = rondo.attention_grad %q, %k, %v, %y, %y "td,sd,se->te" scale 1.0 : tensor<7x4xf32>, tensor<5x4xf64>, tensor<5x3xf32>, tensor<7x3xf32>
  return
}

// -----

// attention_grad_c1: each query sees a key.
func.func @attention_grad_c1_negative(%q: tensor<7x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>, %y: tensor<7x3xf32>) {
  // expected-error @+1 {{'rondo.attention_grad' op expected a number of keys before the first query that is not negative, found -1}}
  %d:3 = rondo.attention_grad %q, %k, %v, %y, %y "td,sd,se->te" scale 1.0 causal -1 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>, tensor<7x3xf32>
  return
}

// -----

// attention_grad_c2: terms come last.
func.func @attention_grad_c2(%q: tensor<7x4xf32>, %k: tensor<4x5xf32>, %v: tensor<5x3xf32>, %y: tensor<7x3xf32>) {
  // expected-error @+1 {{'rondo.attention_grad' op expected 'd' as the last letter of queries and keys, and 'e' as that of values, found "td,ds,se->te"}}
  %d:3 = rondo.attention_grad %q, %k, %v, %y, %y "td,ds,se->te" scale 1.0 : tensor<7x4xf32>, tensor<4x5xf32>, tensor<5x3xf32>, tensor<7x3xf32>
  return
}

// -----

// attend_grad_c1: six inputs and three outputs.
func.func @attend_grad_c1_operands(%a0: tensor<7x4xf32>, %a1: tensor<1x4x16xf32>, %a2: tensor<1x3x16xf32>, %a3: tensor<1x5x16xf32>, %a4: tensor<7x3xf32>,
    %b0: tensor<7x4xf32>, %b1: tensor<5x4xf32>, %b2: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attend_grad' op expected queries, three packed operands, a result and its cotangent, and three outputs, found 5 inputs and 3 outputs}}
  %d:3 = rondo.attend_grad ins(%a0, %a1, %a2, %a3, %a4 : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x3x16xf32>, tensor<1x5x16xf32>, tensor<7x3xf32>)
      outs(%b0, %b1, %b2 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>) "td,sd,se->te" scale 1.0 -> tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>
  return
}

// -----

// attend_grad_c1: packed keys,
func.func @attend_grad_c1_keys(%a0: tensor<7x4xf32>, %a1: tensor<1x5x16xf32>, %a2: tensor<1x3x16xf32>, %a3: tensor<1x5x16xf32>, %a4: tensor<7x3xf32>, %a5: tensor<7x3xf32>,
    %b0: tensor<7x4xf32>, %b1: tensor<5x4xf32>, %b2: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attend_grad' op expected packed keys of shape [1, 4, 16] and element type 'f32', found 'tensor<1x5x16xf32>'}}
  %d:3 = rondo.attend_grad ins(%a0, %a1, %a2, %a3, %a4, %a5 : tensor<7x4xf32>, tensor<1x5x16xf32>, tensor<1x3x16xf32>, tensor<1x5x16xf32>, tensor<7x3xf32>, tensor<7x3xf32>)
      outs(%b0, %b1, %b2 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>) "td,sd,se->te" scale 1.0 -> tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>
  return
}

// -----

// attend_grad_c1: packed values,
func.func @attend_grad_c1_values(%a0: tensor<7x4xf32>, %a1: tensor<1x4x16xf32>, %a2: tensor<3x16xf32>, %a3: tensor<1x5x16xf32>, %a4: tensor<7x3xf32>, %a5: tensor<7x3xf32>,
    %b0: tensor<7x4xf32>, %b1: tensor<5x4xf32>, %b2: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attend_grad' op expected packed values of shape [1, 3, 16] and element type 'f32', found 'tensor<3x16xf32>'}}
  %d:3 = rondo.attend_grad ins(%a0, %a1, %a2, %a3, %a4, %a5 : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<3x16xf32>, tensor<1x5x16xf32>, tensor<7x3xf32>, tensor<7x3xf32>)
      outs(%b0, %b1, %b2 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>) "td,sd,se->te" scale 1.0 -> tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>
  return
}

// -----

// attend_grad_c1: keys packed along their terms,
func.func @attend_grad_c1_terms(%a0: tensor<7x4xf32>, %a1: tensor<1x4x16xf32>, %a2: tensor<1x3x16xf32>, %a3: tensor<1x5x16xf64>, %a4: tensor<7x3xf32>, %a5: tensor<7x3xf32>,
    %b0: tensor<7x4xf32>, %b1: tensor<5x4xf32>, %b2: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attend_grad' op expected keys packed along terms of shape [1, 5, 16] and element type 'f32', found 'tensor<1x5x16xf64>'}}
  %d:3 = rondo.attend_grad ins(%a0, %a1, %a2, %a3, %a4, %a5 : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x3x16xf32>, tensor<1x5x16xf64>, tensor<7x3xf32>, tensor<7x3xf32>)
      outs(%b0, %b1, %b2 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>) "td,sd,se->te" scale 1.0 -> tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>
  return
}

// -----

// attend_grad_c1: a cotangent of the result,
func.func @attend_grad_c1_cotangent(%a0: tensor<7x4xf32>, %a1: tensor<1x4x16xf32>, %a2: tensor<1x3x16xf32>, %a3: tensor<1x5x16xf32>, %a4: tensor<7x3xf32>, %a5: tensor<7x2xf32>,
    %b0: tensor<7x4xf32>, %b1: tensor<5x4xf32>, %b2: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attend_grad' op expected a cotangent of shape [7, 3] and element type 'f32', found 'tensor<7x2xf32>'}}
  %d:3 = rondo.attend_grad ins(%a0, %a1, %a2, %a3, %a4, %a5 : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x3x16xf32>, tensor<1x5x16xf32>, tensor<7x3xf32>, tensor<7x2xf32>)
      outs(%b0, %b1, %b2 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>) "td,sd,se->te" scale 1.0 -> tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>
  return
}

// -----

// attend_grad_c1: and an output for the queries.
func.func @attend_grad_c1_output(%a0: tensor<7x4xf32>, %a1: tensor<1x4x16xf32>, %a2: tensor<1x3x16xf32>, %a3: tensor<1x5x16xf32>, %a4: tensor<7x3xf32>, %a5: tensor<7x3xf32>,
    %b0: tensor<6x4xf32>, %b1: tensor<5x4xf32>, %b2: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attend_grad' op expected the queries' output of shape [7, 4] and element type 'f32', found 'tensor<6x4xf32>'}}
  %d:3 = rondo.attend_grad ins(%a0, %a1, %a2, %a3, %a4, %a5 : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x3x16xf32>, tensor<1x5x16xf32>, tensor<7x3xf32>, tensor<7x3xf32>)
      outs(%b0, %b1, %b2 : tensor<6x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>) "td,sd,se->te" scale 1.0 -> tensor<6x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>
  return
}

// -----

// attend_grad_c2: a result for each output.
func.func @attend_grad_c2(%a0: tensor<7x4xf32>, %a1: tensor<1x4x16xf32>, %a2: tensor<1x3x16xf32>, %a3: tensor<1x5x16xf32>, %a4: tensor<7x3xf32>, %a5: tensor<7x3xf32>,
    %b0: tensor<7x4xf32>, %b1: tensor<5x4xf32>, %b2: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attend_grad' op expected one result for each output that is a tensor, of its type ('tensor<7x4xf32>', 'tensor<5x4xf32>', 'tensor<5x3xf32>'), found ()}}
  rondo.attend_grad ins(%a0, %a1, %a2, %a3, %a4, %a5 : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x3x16xf32>, tensor<1x5x16xf32>, tensor<7x3xf32>, tensor<7x3xf32>)
      outs(%b0, %b1, %b2 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>) "td,sd,se->te" scale 1.0
  return
}

// -----

// attend_grad_c3: a part has a query.
func.func @attend_grad_c3_positive(%a0: tensor<7x4xf32>, %a1: tensor<1x4x16xf32>, %a2: tensor<1x3x16xf32>, %a3: tensor<1x5x16xf32>, %a4: tensor<7x3xf32>,
    %b0: tensor<7x4xf32>, %b1: tensor<2x5x4xf32>, %b2: tensor<2x5x3xf32>) {
  // expected-error @+1 {{'rondo.attend_grad' op expected a positive number of queries in a part, found 0}}
  %d:3 = rondo.attend_grad ins(%a0, %a1, %a2, %a3, %a4, %a4 : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x3x16xf32>, tensor<1x5x16xf32>, tensor<7x3xf32>, tensor<7x3xf32>)
      outs(%b0, %b1, %b2 : tensor<7x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>) "td,sd,se->te" scale 1.0 part 0 -> tensor<7x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>
  return
}

// -----

// attend_grad_c3: as many parts as it says.
func.func @attend_grad_c3_parts(%a0: tensor<7x4xf32>, %a1: tensor<1x4x16xf32>, %a2: tensor<1x3x16xf32>, %a3: tensor<1x5x16xf32>, %a4: tensor<7x3xf32>,
    %b0: tensor<7x4xf32>, %b1: tensor<2x5x4xf32>, %b2: tensor<3x5x3xf32>) {
  // expected-error @+1 {{'rondo.attend_grad' op expected 2 parts, found 'tensor<3x5x3xf32>'}}
  %d:3 = rondo.attend_grad ins(%a0, %a1, %a2, %a3, %a4, %a4 : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x3x16xf32>, tensor<1x5x16xf32>, tensor<7x3xf32>, tensor<7x3xf32>)
      outs(%b0, %b1, %b2 : tensor<7x4xf32>, tensor<2x5x4xf32>, tensor<3x5x3xf32>) "td,sd,se->te" scale 1.0 part 4 -> tensor<7x4xf32>, tensor<2x5x4xf32>, tensor<3x5x3xf32>
  return
}

// -----

// attend_grad_c3: a dimension for parts.
func.func @attend_grad_c3_rank(%a0: tensor<7x4xf32>, %a1: tensor<1x4x16xf32>, %a2: tensor<1x3x16xf32>, %a3: tensor<1x5x16xf32>, %a4: tensor<7x3xf32>,
    %b0: tensor<7x4xf32>, %b1: tensor<f32>, %b2: tensor<2x5x3xf32>) {
  // expected-error @+1 {{'rondo.attend_grad' op expected outputs of keys and values with a dimension for parts, found 'tensor<f32>'}}
  %d:3 = rondo.attend_grad ins(%a0, %a1, %a2, %a3, %a4, %a4 : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x3x16xf32>, tensor<1x5x16xf32>, tensor<7x3xf32>, tensor<7x3xf32>)
      outs(%b0, %b1, %b2 : tensor<7x4xf32>, tensor<f32>, tensor<2x5x3xf32>) "td,sd,se->te" scale 1.0 part 4 -> tensor<7x4xf32>, tensor<f32>, tensor<2x5x3xf32>
  return
}

// -----

// attend_grad_c3: keys have their dimensions behind it.
func.func @attend_grad_c3_without(%a0: tensor<7x4xf32>, %a1: tensor<1x4x16xf32>, %a2: tensor<1x3x16xf32>, %a3: tensor<1x5x16xf32>, %a4: tensor<7x3xf32>,
    %b0: tensor<7x4xf32>, %b1: tensor<5x4xf32>, %b2: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attend_grad' op expected 2 dimensions in keys for the term "sd", found 'tensor<4xf32>'}}
  %d:3 = rondo.attend_grad ins(%a0, %a1, %a2, %a3, %a4, %a4 : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x3x16xf32>, tensor<1x5x16xf32>, tensor<7x3xf32>, tensor<7x3xf32>)
      outs(%b0, %b1, %b2 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>) "td,sd,se->te" scale 1.0 part 4 -> tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>
  return
}

// -----

// attention_grad_c1: one number of keys for each row.
func.func @attention_grad_c1_lengths(%q: tensor<7x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x3xf32>, %y: tensor<7x2x3xf32>, %n: tensor<3xi32>) {
  // expected-error @+1 {{'rondo.attention_grad' op expected one number in 'lengths', or one for each of 2 rows, found 'tensor<3xi32>'}}
  %dq, %dk, %dv = rondo.attention_grad %q, %k, %v, %y, %y "tbd,sbd,sbe->tbe" scale 1.0 lengths(%n : tensor<3xi32>) rows "b" : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>, tensor<7x2x3xf32>
  return
}
