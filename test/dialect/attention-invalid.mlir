// Each constraint of attention, broken.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// attention_c1: three terms and a result.
func.func @attention_c1_terms(%q: tensor<7x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected a spec of the form "tbd,sbd,sbe->tbe": one letter that queries and keys alone have, one of keys and values, one of values and result, there the last, the others in queries and result, one of them neither in keys nor in values; found "td,sd->te"}}
  %y = rondo.attention %q, %k, %v "td,sd->te" scale 1.0 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32> -> tensor<7x3xf32>
  return
}

// -----

// attention_c1: lower-case letters.
func.func @attention_c1_letters(%q: tensor<7x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected a spec of the form "tbd,sbd,sbe->tbe": one letter that queries and keys alone have, one of keys and values, one of values and result, there the last, the others in queries and result, one of them neither in keys nor in values; found "tD,sD,se->te"}}
  %y = rondo.attention %q, %k, %v "tD,sD,se->te" scale 1.0 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32> -> tensor<7x3xf32>
  return
}

// -----

// attention_c1: none twice in a term.
func.func @attention_c1_twice(%q: tensor<7x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected a spec of the form "tbd,sbd,sbe->tbe": one letter that queries and keys alone have, one of keys and values, one of values and result, there the last, the others in queries and result, one of them neither in keys nor in values; found "tt,st,se->te"}}
  %y = rondo.attention %q, %k, %v "tt,st,se->te" scale 1.0 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32> -> tensor<7x3xf32>
  return
}

// -----

// attention_c1: a letter that queries and keys alone have.
func.func @attention_c1_no_sum(%q: tensor<7x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected a spec of the form "tbd,sbd,sbe->tbe": one letter that queries and keys alone have, one of keys and values, one of values and result, there the last, the others in queries and result, one of them neither in keys nor in values; found "tb,sc,se->te"}}
  %y = rondo.attention %q, %k, %v "tb,sc,se->te" scale 1.0 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32> -> tensor<7x3xf32>
  return
}

// -----

// attention_c1: a letter that keys and values alone have.
func.func @attention_c1_no_key(%q: tensor<7x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected a spec of the form "tbd,sbd,sbe->tbe": one letter that queries and keys alone have, one of keys and values, one of values and result, there the last, the others in queries and result, one of them neither in keys nor in values; found "td,td,te->te"}}
  %y = rondo.attention %q, %k, %v "td,td,te->te" scale 1.0 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32> -> tensor<7x3xf32>
  return
}

// -----

// attention_c1: the result's last letter is that of the values.
func.func @attention_c1_feature(%q: tensor<7x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected a spec of the form "tbd,sbd,sbe->tbe": one letter that queries and keys alone have, one of keys and values, one of values and result, there the last, the others in queries and result, one of them neither in keys nor in values; found "td,sd,se->et"}}
  %y = rondo.attention %q, %k, %v "td,sd,se->et" scale 1.0 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32> -> tensor<3x7xf32>
  return
}

// -----

// attention_c1: each other letter is in queries and result.
func.func @attention_c1_elsewhere(%q: tensor<7x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected a spec of the form "tbd,sbd,sbe->tbe": one letter that queries and keys alone have, one of keys and values, one of values and result, there the last, the others in queries and result, one of them neither in keys nor in values; found "td,sbd,se->te"}}
  %y = rondo.attention %q, %k, %v "td,sbd,se->te" scale 1.0 : tensor<7x4xf32>, tensor<5x2x4xf32>, tensor<5x3xf32> -> tensor<7x3xf32>
  return
}

// -----

// attention_c1: queries that keys do not have.
func.func @attention_c1_no_query(%q: tensor<7x4xf32>, %k: tensor<5x7x4xf32>, %v: tensor<5x7x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected a spec of the form "tbd,sbd,sbe->tbe": one letter that queries and keys alone have, one of keys and values, one of values and result, there the last, the others in queries and result, one of them neither in keys nor in values; found "td,std,ste->te"}}
  %y = rondo.attention %q, %k, %v "td,std,ste->te" scale 1.0 : tensor<7x4xf32>, tensor<5x7x4xf32>, tensor<5x7x3xf32> -> tensor<7x3xf32>
  return
}

// -----

// attention_c1: one letter per dimension.
func.func @attention_c1_rank(%q: tensor<7x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected 2 dimensions in keys for the term "sd", found 'tensor<5x2x4xf32>'}}
  %y = rondo.attention %q, %k, %v "td,sd,se->te" scale 1.0 : tensor<7x4xf32>, tensor<5x2x4xf32>, tensor<5x3xf32> -> tensor<7x3xf32>
  return
}

// -----

// attention_c2: one size for each letter.
func.func @attention_c2_size(%q: tensor<7x4xf32>, %k: tensor<5x6xf32>, %v: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected one size for the letter 'd', found 4 and 6}}
  %y = rondo.attention %q, %k, %v "td,sd,se->te" scale 1.0 : tensor<7x4xf32>, tensor<5x6xf32>, tensor<5x3xf32> -> tensor<7x3xf32>
  return
}

// -----

// attention_c2: at least one key,
func.func @attention_c2_no_key(%q: tensor<7x4xf32>, %k: tensor<0x4xf32>, %v: tensor<0x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected at least one key and one term of its scores, found 0 and 4}}
  %y = rondo.attention %q, %k, %v "td,sd,se->te" scale 1.0 : tensor<7x4xf32>, tensor<0x4xf32>, tensor<0x3xf32> -> tensor<7x3xf32>
  return
}

// -----

// attention_c2: and one term.
func.func @attention_c2_no_term(%q: tensor<7x0xf32>, %k: tensor<5x0xf32>, %v: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected at least one key and one term of its scores, found 5 and 0}}
  %y = rondo.attention %q, %k, %v "td,sd,se->te" scale 1.0 : tensor<7x0xf32>, tensor<5x0xf32>, tensor<5x3xf32> -> tensor<7x3xf32>
  return
}

// -----

// attention_c3: one element type.
func.func @attention_c3_type(%q: tensor<7x4xf32>, %k: tensor<5x4xf64>, %v: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected keys of element type 'f32', found 'tensor<5x4xf64>'}}
  %y = rondo.attention %q, %k, %v "td,sd,se->te" scale 1.0 : tensor<7x4xf32>, tensor<5x4xf64>, tensor<5x3xf32> -> tensor<7x3xf32>
  return
}

// -----

// attention_c4: no query sees nothing.
func.func @attention_c4_negative(%q: tensor<7x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) {
  // expected-error @+1 {{'rondo.attention' op expected a number of keys before the first query that is not negative, found -1}}
  %y = rondo.attention %q, %k, %v "td,sd,se->te" scale 1.0 causal -1 : tensor<7x4xf32>, tensor<5x4xf32>, tensor<5x3xf32> -> tensor<7x3xf32>
  return
}

// -----

// attend_c1: three inputs.
func.func @attend_c1_operands(%a: tensor<7x4xf32>, %b: tensor<1x4x16xf32>, %e: tensor<7x3xf32>) {
  // expected-error @+1 {{'rondo.attend' op expected queries, packed keys and packed values, and one output, found 2 inputs and 1 outputs}}
  %y = rondo.attend ins(%a, %b : tensor<7x4xf32>, tensor<1x4x16xf32>) outs(%e : tensor<7x3xf32>) "td,sd,se->te" scale 1.0 -> tensor<7x3xf32>
  return
}

// -----

// attend_c1: the spec of an attention.
func.func @attend_c1_spec(%a: tensor<7x4xf32>, %b: tensor<1x4x16xf32>, %c: tensor<1x5x16xf32>, %e: tensor<7x3xf32>) {
  // expected-error @+1 {{'rondo.attend' op expected a spec of the form "tbd,sbd,sbe->tbe": one letter that queries and keys alone have, one of keys and values, one of values and result, there the last, the others in queries and result, one of them neither in keys nor in values; found "td,sd->te"}}
  %y = rondo.attend ins(%a, %b, %c : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x5x16xf32>) outs(%e : tensor<7x3xf32>) "td,sd->te" scale 1.0 -> tensor<7x3xf32>
  return
}

// -----

// attend_c1: packed keys.
func.func @attend_c1_rank(%a: tensor<7x4xf32>, %b: tensor<5x4xf32>, %c: tensor<1x5x16xf32>, %e: tensor<7x3xf32>) {
  // expected-error @+1 {{'rondo.attend' op expected 3 dimensions of packed keys, found 'tensor<5x4xf32>'}}
  %y = rondo.attend ins(%a, %b, %c : tensor<7x4xf32>, tensor<5x4xf32>, tensor<1x5x16xf32>) outs(%e : tensor<7x3xf32>) "td,sd,se->te" scale 1.0 -> tensor<7x3xf32>
  return
}

// -----

// attend_c1: with the queries' terms.
func.func @attend_c1_terms(%a: tensor<7x4xf32>, %b: tensor<1x6x16xf32>, %c: tensor<1x5x16xf32>, %e: tensor<7x3xf32>) {
  // expected-error @+1 {{'rondo.attend' op expected one size for the letter 'd', found 4 and 6}}
  %y = rondo.attend ins(%a, %b, %c : tensor<7x4xf32>, tensor<1x6x16xf32>, tensor<1x5x16xf32>) outs(%e : tensor<7x3xf32>) "td,sd,se->te" scale 1.0 -> tensor<7x3xf32>
  return
}

// -----

// attend_c1: as many blocks as keys ask for,
func.func @attend_c1_blocks(%a: tensor<7x4xf32>, %b: tensor<2x4x16xf32>, %c: tensor<1x5x16xf32>, %e: tensor<7x3xf32>) {
  // expected-error @+1 {{'rondo.attend' op expected blocks for 5 lanes, found 'tensor<2x4x16xf32>'}}
  %y = rondo.attend ins(%a, %b, %c : tensor<7x4xf32>, tensor<2x4x16xf32>, tensor<1x5x16xf32>) outs(%e : tensor<7x3xf32>) "td,sd,se->te" scale 1.0 -> tensor<7x3xf32>
  return
}

// -----

// attend_c1: and features.
func.func @attend_c1_features(%a: tensor<7x4xf32>, %b: tensor<1x4x16xf32>, %c: tensor<1x5x16xf32>, %e: tensor<7x17xf32>) {
  // expected-error @+1 {{'rondo.attend' op expected blocks for 17 lanes, found 'tensor<1x5x16xf32>'}}
  %y = rondo.attend ins(%a, %b, %c : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x5x16xf32>) outs(%e : tensor<7x17xf32>) "td,sd,se->te" scale 1.0 -> tensor<7x17xf32>
  return
}

// -----

// attend_c1: one element type.
func.func @attend_c1_type(%a: tensor<7x4xf32>, %b: tensor<1x4x16xf64>, %c: tensor<1x5x16xf32>, %e: tensor<7x3xf32>) {
  // expected-error @+1 {{'rondo.attend' op expected inputs of element type 'f32', found 'tensor<1x4x16xf64>'}}
  %y = rondo.attend ins(%a, %b, %c : tensor<7x4xf32>, tensor<1x4x16xf64>, tensor<1x5x16xf32>) outs(%e : tensor<7x3xf32>) "td,sd,se->te" scale 1.0 -> tensor<7x3xf32>
  return
}

// -----

// attend_c1: no query sees nothing.
func.func @attend_c1_negative(%a: tensor<7x4xf32>, %b: tensor<1x4x16xf32>, %c: tensor<1x5x16xf32>, %e: tensor<7x3xf32>) {
  // expected-error @+1 {{'rondo.attend' op expected a number of keys before the first query that is not negative, found -2}}
  %y = rondo.attend ins(%a, %b, %c : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x5x16xf32>) outs(%e : tensor<7x3xf32>) "td,sd,se->te" scale 1.0 causal -2 -> tensor<7x3xf32>
  return
}

// -----

// attend_c2: a result for the output.
func.func @attend_c2_results(%a: tensor<7x4xf32>, %b: tensor<1x4x16xf32>, %c: tensor<1x5x16xf32>, %e: tensor<7x3xf32>) {
  // expected-error @+1 {{'rondo.attend' op expected one result for each output that is a tensor, of its type ('tensor<7x3xf32>'), found ()}}
  rondo.attend ins(%a, %b, %c : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x5x16xf32>) outs(%e : tensor<7x3xf32>) "td,sd,se->te" scale 1.0
  return
}

// -----

// attend_c2: tensors only or buffers only.
func.func @attend_c2_mixed(%a: tensor<7x4xf32>, %b: tensor<1x4x16xf32>, %c: memref<1x5x16xf32>, %e: tensor<7x3xf32>) {
  // expected-error @+1 {{'rondo.attend' op expected tensors only or buffers only, found 'tensor<7x4xf32>', 'tensor<1x4x16xf32>', 'memref<1x5x16xf32>', 'tensor<7x3xf32>'}}
  %y = rondo.attend ins(%a, %b, %c : tensor<7x4xf32>, tensor<1x4x16xf32>, memref<1x5x16xf32>) outs(%e : tensor<7x3xf32>) "td,sd,se->te" scale 1.0 -> tensor<7x3xf32>
  return
}

// -----

// attention_c5: `first` is added to how many keys a causal query sees.
func.func @attention_c5_first(%q: tensor<7x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x3xf32>, %n: tensor<2xi64>, %m: tensor<3xi64>, %o: tensor<i64>) {
  // expected-error @+1 {{'rondo.attention' op expected 'causal' beside 'first'}}
  %y = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 1.0 first(%n : tensor<2xi64>) rows "b" : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<7x2x3xf32>
  return
}

// -----

// attention_c5: of each row, but of which letter.
func.func @attention_c5_rows(%q: tensor<7x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x3xf32>, %n: tensor<2xi64>, %m: tensor<3xi64>, %o: tensor<i64>) {
  // expected-error @+1 {{'rondo.attention' op expected a letter of queries and result other than 't' as the rows of 'lengths', found ""}}
  %y = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 1.0 lengths(%n : tensor<2xi64>) : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<7x2x3xf32>
  return
}

// -----

// attention_c5: positions are no rows.
func.func @attention_c5_positions(%q: tensor<7x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x3xf32>, %n: tensor<2xi64>, %m: tensor<3xi64>, %o: tensor<i64>) {
  // expected-error @+1 {{'rondo.attention' op expected a letter of queries and result other than 't' as the rows of 'lengths', found "t"}}
  %y = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 1.0 lengths(%n : tensor<2xi64>) rows "t" : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<7x2x3xf32>
  return
}

// -----

// attention_c5: keys are none either.
func.func @attention_c5_keys(%q: tensor<7x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x3xf32>, %n: tensor<2xi64>, %m: tensor<3xi64>, %o: tensor<i64>) {
  // expected-error @+1 {{'rondo.attention' op expected a letter of queries and result other than 't' as the rows of 'first', found "s"}}
  %y = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 1.0 causal 0 first(%n : tensor<2xi64>) rows "s" : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<7x2x3xf32>
  return
}

// -----

// attention_c5: one for each row.
func.func @attention_c5_size(%q: tensor<7x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x3xf32>, %n: tensor<2xi64>, %m: tensor<3xi64>, %o: tensor<i64>) {
  // expected-error @+1 {{'rondo.attention' op expected one number in 'lengths', or one for each of 2 rows, found 'tensor<3xi64>'}}
  %y = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 1.0 lengths(%m : tensor<3xi64>) rows "b" : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<7x2x3xf32>
  return
}

// -----

// attention_c5: rows of which there are no numbers.
func.func @attention_c5_none(%q: tensor<7x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x3xf32>, %n: tensor<2xi64>, %m: tensor<3xi64>, %o: tensor<i64>) {
  // expected-error @+1 {{'rondo.attention' op expected rows where 'first' or 'lengths' has a dimension, found "b"}}
  %y = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 1.0 lengths(%o : tensor<i64>) rows "b" : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<7x2x3xf32>
  return
}

// -----

// attention_c5: rows of nothing.
func.func @attention_c5_no_bounds(%q: tensor<7x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x3xf32>, %n: tensor<2xi64>, %m: tensor<3xi64>, %o: tensor<i64>) {
  // expected-error @+1 {{'rondo.attention' op expected rows where 'first' or 'lengths' has a dimension, found "b"}}
  %y = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 1.0 rows "b" : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<7x2x3xf32>
  return
}

// -----

// attend_c1: numbers as those of an attention.
func.func @attend_c1_rows(%a: tensor<7x4xf32>, %b: tensor<1x4x16xf32>, %c: tensor<1x5x16xf32>, %e: tensor<7x3xf32>, %n: tensor<7xi64>) {
  // expected-error @+1 {{'rondo.attend' op expected a letter of queries and result other than 't' as the rows of 'lengths', found "t"}}
  %y = rondo.attend ins(%a, %b, %c : tensor<7x4xf32>, tensor<1x4x16xf32>, tensor<1x5x16xf32>) lengths(%n : tensor<7xi64>) outs(%e : tensor<7x3xf32>) "td,sd,se->te" scale 1.0 rows "t" -> tensor<7x3xf32>
  return
}
