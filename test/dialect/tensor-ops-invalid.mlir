// Each constraint of the tensor ops but contract, broken.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// broadcast_c1: one entry of `dims` per dimension of the operand.
func.func @broadcast_c1_count(%x: tensor<4xf32>) {
  // expected-error @+1 {{'rondo.broadcast' op expected 1 dims for the operand, found 2}}
  %r = rondo.broadcast %x dims = [0, 1] : tensor<4xf32> -> tensor<4x4xf32>
  return
}

// -----

// broadcast_c1: each another one.
func.func @broadcast_c1_twice(%x: tensor<4x4xf32>) {
  // expected-error @+1 {{'rondo.broadcast' op expected different dims below 3, found [1, 1]}}
  %r = rondo.broadcast %x dims = [1, 1] : tensor<4x4xf32> -> tensor<4x4x3xf32>
  return
}

// -----

// broadcast_c1: below the result's rank.
func.func @broadcast_c1_rank(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.broadcast' op expected different dims below 2, found [0, 2]}}
  %r = rondo.broadcast %x dims = [0, 2] : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// broadcast_c2: the sizes agree.
func.func @broadcast_c2_size(%x: tensor<1xf32>) {
  // expected-error @+1 {{'rondo.broadcast' op expected an operand of type 'tensor<4xf32>', found 'tensor<1xf32>'}}
  %r = rondo.broadcast %x dims = [1] : tensor<1xf32> -> tensor<2x4xf32>
  return
}

// -----

// broadcast_c2: and the element type.
func.func @broadcast_c2_element(%x: tensor<4xf32>) {
  // expected-error @+1 {{'rondo.broadcast' op expected an operand of type 'tensor<4xf64>', found 'tensor<4xf32>'}}
  %r = rondo.broadcast %x dims = [1] : tensor<4xf32> -> tensor<2x4xf64>
  return
}

// -----

// reduce_c1: something is reduced.
func.func @reduce_c1_empty(%x: tensor<8x2xf32>) {
  // expected-error @+1 {{'rondo.reduce' op expected at least one dimension to reduce}}
  %r = rondo.reduce sum %x dims = [] : tensor<8x2xf32> -> tensor<8x2xf32>
  return
}

// -----

// reduce_c1: strictly increasing.
func.func @reduce_c1_order(%x: tensor<8x2xf32>) {
  // expected-error @+1 {{'rondo.reduce' op expected strictly increasing dims below 2, found [1, 0]}}
  %r = rondo.reduce sum %x dims = [1, 0] : tensor<8x2xf32> -> tensor<f32>
  return
}

// -----

// reduce_c1: within the operand's rank.
func.func @reduce_c1_rank(%x: tensor<8x2xf32>) {
  // expected-error @+1 {{'rondo.reduce' op expected strictly increasing dims below 2, found [2]}}
  %r = rondo.reduce sum %x dims = [2] : tensor<8x2xf32> -> tensor<8x2xf32>
  return
}

// -----

// reduce_c2: the result has the other dimensions.
func.func @reduce_c2(%x: tensor<8x2xf32>) {
  // expected-error @+2 {{'rondo.reduce' op inferred type(s) 'tensor<2xf32>' are incompatible with return type(s) of operation 'tensor<8xf32>'}}
  // expected-error @+1 {{'rondo.reduce' op failed to infer returned types}}
  %r = rondo.reduce sum %x dims = [0] : tensor<8x2xf32> -> tensor<8xf32>
  return
}

// -----

// softmax_c1: a number has no dimension.
func.func @softmax_c1_of_a_number(%x: tensor<f32>) {
  // expected-error @+1 {{'rondo.softmax' op expected a dimension of 'tensor<f32>', found 0}}
  %r = rondo.softmax %x dim = 0 : tensor<f32>
  return
}

// -----

// softmax_c1: one of the operand's.
func.func @softmax_c1(%x: tensor<2x5xf32>) {
  // expected-error @+1 {{'rondo.softmax' op expected a dimension of 'tensor<2x5xf32>', found 2}}
  %r = rondo.softmax %x dim = 2 : tensor<2x5xf32>
  return
}

// -----

// iota_c1: one of the result's.
func.func @iota_c1() {
  // expected-error @+1 {{'rondo.iota' op expected a dimension of 'tensor<8x2xi32>', found -1}}
  %r = rondo.iota dim = -1 : tensor<8x2xi32>
  return
}

// -----

// cross_entropy_c1: logits have a dimension.
func.func @cross_entropy_c1_of_a_number(%x: tensor<f32>, %t: tensor<2xi32>) {
  // expected-error @+1 {{'rondo.cross_entropy' op expected logits with at least one dimension, found 'tensor<f32>'}}
  %r = "rondo.cross_entropy"(%x, %t) : (tensor<f32>, tensor<2xi32>) -> tensor<2xf32>
  return
}

// -----

// cross_entropy_c1: one token per row of logits.
func.func @cross_entropy_c1(%x: tensor<8x2x96xf32>, %t: tensor<8xi32>) {
  // expected-error @+1 {{'rondo.cross_entropy' op expected tokens of type 'tensor<8x2xi32>', found 'tensor<8xi32>'}}
  %r = rondo.cross_entropy %x, %t : tensor<8x2x96xf32>, tensor<8xi32> -> tensor<8x2xf32>
  return
}

// -----

// one_hot_c1: the vocabulary is the result's last dimension.
func.func @one_hot_c1(%t: tensor<8x2xi32>) {
  // expected-error @+1 {{'rondo.one_hot' op expected tokens of type 'tensor<96x8xi32>', found 'tensor<8x2xi32>'}}
  %r = rondo.one_hot %t : tensor<8x2xi32> -> tensor<96x8x2xf32>
  return
}

// -----

// one_hot_c1: a scalar has no last dimension.
func.func @one_hot_c1_scalar(%t: tensor<i32>) {
  // expected-error @+1 {{'rondo.one_hot' op expected a result with at least one dimension, found 'tensor<f32>'}}
  %r = rondo.one_hot %t : tensor<i32> -> tensor<f32>
  return
}

// -----

// gather_c1: the table's first dimension is replaced by the tokens' shape.
func.func @gather_c1(%table: tensor<96x16xf32>, %t: tensor<8x2xi32>) {
  // expected-error @+2 {{'rondo.gather' op inferred type(s) 'tensor<8x2x16xf32>' are incompatible with return type(s) of operation 'tensor<8x2x96xf32>'}}
  // expected-error @+1 {{'rondo.gather' op failed to infer returned types}}
  %r = rondo.gather %table, %t : tensor<96x16xf32>, tensor<8x2xi32> -> tensor<8x2x96xf32>
  return
}

// -----

// gather_c2: the result lacks one letter, that of what is picked.
func.func @gather_c2_two(%table: tensor<7x2xf32>, %t: tensor<8xi32>) {
  // expected-error @+1 {{'rondo.gather' op expected one letter that the result lacks, of the table and not of the tokens, in "sb,t->t"}}
  %r = rondo.gather %table, %t "sb,t->t" : tensor<7x2xf32>, tensor<8xi32> -> tensor<8xf32>
  return
}

// -----

// gather_c2: the tokens' letters are the result's.
func.func @gather_c2_tokens(%table: tensor<7x2xf32>, %t: tensor<7xi32>) {
  // expected-error @+1 {{'rondo.gather' op expected one letter that the result lacks, of the table and not of the tokens, in "sb,s->b"}}
  %r = rondo.gather %table, %t "sb,s->b" : tensor<7x2xf32>, tensor<7xi32> -> tensor<2xf32>
  return
}

// -----

// gather_c2: rows are not turned.
func.func @gather_c2_order(%table: tensor<7x2x3xf32>, %t: tensor<8xi32>) {
  // expected-error @+1 {{'rondo.gather' op expected the letters that the tokens lack in one order in table and result of "sbf,t->tfb"}}
  %r = rondo.gather %table, %t "sbf,t->tfb" : tensor<7x2x3xf32>, tensor<8xi32> -> tensor<8x3x2xf32>
  return
}

// -----

// gather_c2: a letter has one size.
func.func @gather_c2_size(%table: tensor<7x3xf32>, %t: tensor<8x2xi32>) {
  // expected-error @+1 {{'rondo.gather' op expected one size for the letter 'b', found 3 and 2}}
  %r = rondo.gather %table, %t "sb,tb->tb" : tensor<7x3xf32>, tensor<8x2xi32> -> tensor<8x2xf32>
  return
}

// -----

// scatter_add_c1: the updates are what is gathered.
func.func @scatter_add_c1_spec(%t: tensor<8x2xi32>, %d: tensor<2x8xf32>) {
  // expected-error @+1 {{'rondo.scatter_add' op expected updates of type 'tensor<8x2xf32>', found 'tensor<2x8xf32>'}}
  %r = rondo.scatter_add %t, %d "sb,tb->tb" : tensor<8x2xi32>, tensor<2x8xf32> -> tensor<7x2xf32>
  return
}

// -----

// scatter_add_c1: one update per token.
func.func @scatter_add_c1(%t: tensor<8xi32>, %d: tensor<8x2x16xf32>) {
  // expected-error @+1 {{'rondo.scatter_add' op expected updates of type 'tensor<8x16xf32>', found 'tensor<8x2x16xf32>'}}
  %r = rondo.scatter_add %t, %d : tensor<8xi32>, tensor<8x2x16xf32> -> tensor<96x16xf32>
  return
}

// -----

// scatter_add_c1: a scalar has no rows.
func.func @scatter_add_c1_scalar(%t: tensor<8xi32>, %d: tensor<8xf32>) {
  // expected-error @+1 {{'rondo.scatter_add' op expected a result with at least one dimension, found 'tensor<f32>'}}
  %r = rondo.scatter_add %t, %d : tensor<8xi32>, tensor<8xf32> -> tensor<f32>
  return
}

// -----

// random_c1: a stream is not negative.
func.func @random_c1_stream(%seed: tensor<i64>) {
  // expected-error @+1 {{'rondo.random' op attribute 'stream' failed to satisfy constraint: 32-bit signless integer attribute whose value is non-negative}}
  %r = rondo.random %seed stream = -1 : tensor<i64> -> tensor<8xf32>
  return
}

// -----

// random_c1: an element's number in its row and position fits in 32 bits.
func.func @random_c1_size(%seed: tensor<3xi64>) {
  // expected-error @+1 {{'rondo.random' op expected fewer than 2^32 elements at one position of one row, found 'tensor<65536x3x65536xf32>'}}
  %r = rondo.random %seed rows = 1 stream = 0 : tensor<3xi64> -> tensor<65536x3x65536xf32>
  return
}

// -----

// random_c2: rows are along a dimension.
func.func @random_c2_rows(%seed: tensor<8xi64>) {
  // expected-error @+1 {{'rondo.random' op expected rows below 1, found 1}}
  %r = rondo.random %seed rows = 1 stream = 0 : tensor<8xi64> -> tensor<8xf32>
  return
}

// -----

// random_c2: time is along a dimension.
func.func @random_c2_time(%seed: tensor<8xi64>) {
  // expected-error @+1 {{'rondo.random' op expected time below 2, found -1}}
  %r = rondo.random %seed rows = 0 time = -1 stream = 0 : tensor<8xi64> -> tensor<8x2xf32>
  return
}

// -----

// random_c2: rows and time are along two.
func.func @random_c2_same(%seed: tensor<8xi64>) {
  // expected-error @+1 {{'rondo.random' op expected rows and time along different dimensions, found 0 for both}}
  %r = rondo.random %seed rows = 0 time = 0 stream = 0 : tensor<8xi64> -> tensor<8x2xf32>
  return
}

// -----

// random_c3: without rows the seed is a scalar.
func.func @random_c3_scalar(%seed: tensor<2xi64>) {
  // expected-error @+1 {{'rondo.random' op expected a seed of type 'tensor<i64>', found 'tensor<2xi64>'}}
  %r = rondo.random %seed time = 0 stream = 0 : tensor<2xi64> -> tensor<8xf32>
  return
}

// -----

// random_c3: one seed for each row.
func.func @random_c3_rows(%seed: tensor<2xi64>) {
  // expected-error @+1 {{'rondo.random' op expected a seed of type 'tensor<8xi64>', found 'tensor<2xi64>'}}
  %r = rondo.random %seed rows = 0 stream = 0 : tensor<2xi64> -> tensor<8x2xf32>
  return
}

// -----

// random_c3: the first positions have the seed's type.
func.func @random_c3_first(%seed: tensor<2xi64>, %first: tensor<i64>) { // expected-note {{prior use here}}
  // expected-error @+1 {{use of value '%first' expects different type than prior uses: 'tensor<2xi64>' vs 'tensor<i64>'}}
  %r = rondo.random %seed, %first rows = 0 stream = 0 : tensor<2xi64> -> tensor<2xf32>
  return
}

// -----

// random_c3 in the generic form, where each operand has a type of its own.
func.func @random_c3_generic(%seed: tensor<2xi64>, %first: tensor<i64>) {
  // expected-error @+1 {{'rondo.random' op failed to verify that first has the seed's type}}
  %r = "rondo.random"(%seed, %first) {rows = 0 : i64, stream = 0 : i32} : (tensor<2xi64>, tensor<i64>) -> tensor<2xf32>
  return
}
