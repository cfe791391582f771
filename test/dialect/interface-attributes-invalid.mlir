// What is refused among the attributes of a model's arguments and results.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// A name that is not known.
// expected-error @+1 {{'func.func' op has the attribute 'rondo.weight' on an argument, where none of this name is known}}
func.func private @unknown(tensor<4xf32> {rondo.weight = "w"})

// -----

// An input is an argument.
// expected-error @+1 {{'func.func' op has the attribute 'rondo.input' on a result, where none of this name is known}}
func.func private @input_result() -> (tensor<f32> {rondo.input = "text"})

// -----

// A parameter has a path.
// expected-error @+1 {{'func.func' op expected a name as the value of 'rondo.parameter', found unit}}
func.func private @unnamed_parameter(tensor<4xf32> {rondo.parameter})

// -----

// What a parameter is primed with has its path, and that there is no gradient is said of an argument alone.
// expected-error @+1 {{'func.func' op expected a name as the value of 'rondo.primed', found unit}}
func.func private @unnamed_prime() -> (tensor<4xf32> {rondo.primed})

// -----

// expected-error @+1 {{'func.func' op has the attribute 'rondo.frozen' on a result, where none of this name is known}}
func.func private @frozen_result() -> (tensor<4xf32> {rondo.frozen})

// -----

// expected-error @+1 {{'func.func' op expected no value for 'rondo.frozen', found "m"}}
func.func private @named_frozen(tensor<4xf32> {rondo.frozen = "m", rondo.parameter = "m"})

// -----

// The seed has no name.
// expected-error @+1 {{'func.func' op expected no value for 'rondo.seed', found "seed"}}
func.func private @named_seed(tensor<i64> {rondo.seed = "seed"})

// -----

// A loop is shared in units of some iterations.
func.func @empty_unit(%x: memref<4xf32>) {
  // expected-error @+1 {{'linalg.exp' op expected a loop and a unit of at least 1 in 'rondo.split', array<i64: loop, unit>, found array<i64: 0, 0>}}
  linalg.exp {rondo.split = array<i64: 0, 0>} ins(%x : memref<4xf32>) outs(%x : memref<4xf32>)
  return
}

// -----

// The loop is said.
func.func @no_loop(%x: memref<4xf32>) {
  // expected-error @+1 {{'linalg.exp' op expected a loop and a unit of at least 1 in 'rondo.split', array<i64: loop, unit>, found array<i64: 4>}}
  linalg.exp {rondo.split = array<i64: 4>} ins(%x : memref<4xf32>) outs(%x : memref<4xf32>)
  return
}

// -----

// The step of a loop around the calls is known only where all calls are.
// expected-error @+1 {{'func.func' op expected 'rondo.loop_step' on an index argument of a private function}}
func.func @called_by_anyone(%t: index {rondo.loop_step}) {
  return
}

// -----

// An entry is called from outside.
// expected-error @+1 {{'func.func' op expected 'rondo.entry' on a public function}}
func.func private @entry() attributes {rondo.entry = #rondo.entry<score, batch = 1, length = 8, f32>}

// -----

// It says what it is.
// expected-error @+1 {{'func.func' op expected #rondo.entry<..> in 'rondo.entry', found "score"}}
func.func @entry() attributes {rondo.entry = "score"} {
  return
}

// -----

// It takes something.
// expected-error @+1 {{expected a batch and a length of at least 1, found 0 and 8}}
func.func @entry() attributes {rondo.entry = #rondo.entry<score, batch = 0, length = 8, f32>} {
  return
}

// -----

// Its numbers are those of a model.
// expected-error @+1 {{expected the element type f32 or f64, found 'i8'}}
func.func @entry() attributes {rondo.entry = #rondo.entry<score, batch = 1, length = 8, i8>} {
  return
}

// -----

// Of a nest, a loop and its rows for each position.
func.func @limit(%x: memref<4xf32>) {
  // expected-error @+1 {{'linalg.exp' op expected a loop and at least 1 row in 'rondo.limit', array<i64: loop, rows>, found array<i64: 0, 0>}}
  linalg.exp {rondo.limit = array<i64: 0, 0>} ins(%x : memref<4xf32>) outs(%x : memref<4xf32>)
  return
}

// -----

// Whose positions are known.
func.func @limit(%x: memref<4xf32>) {
  // expected-error @+1 {{'linalg.exp' op expected 'rondo.limit' in a function with an argument 'rondo.length'}}
  linalg.exp {rondo.limit = array<i64: 0, 1>} ins(%x : memref<4xf32>) outs(%x : memref<4xf32>)
  return
}

// -----

// A number of positions is one number.
// expected-error @+1 {{'func.func' op expected 'rondo.length' on an argument tensor<i64> or memref<i64>, or on an index of a private function, found 'memref<4xi64>'}}
func.func @length(%n: memref<4xi64> {rondo.length}) {
  return
}

// -----

// An index only where all calls are known.
// expected-error @+1 {{expected 'rondo.length' on an argument tensor<i64> or memref<i64>, or on an index of a private function, found 'index'}}
func.func @length(%n: index {rondo.length}) {
  return
}

// -----

// A number of positions has no name.
// expected-error @+1 {{'func.func' op expected no value for 'rondo.length', found "T"}}
func.func @length(%n: tensor<i64> {rondo.length = "T"}) {
  return
}

// -----

// expected-error @+1 {{'func.func' op expected the number of a dimension in 'rondo.positions' of an argument, found 1 : i64}}
func.func private @positions(tensor<4xf32> {rondo.positions = 1})

// -----

// What lies before a window stands before it.
func.func @history(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'tensor.concat' op expected 'rondo.history', the name of a state, on a concatenation of two tensors or on rondo.append}}
  %y = tensor.concat dim(0) %x {rondo.history = "past"} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// The state has a name.
func.func @history(%x: tensor<4xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{'tensor.concat' op expected 'rondo.history', the name of a state, on a concatenation of two tensors or on rondo.append}}
  %y = tensor.concat dim(0) %x, %x {rondo.history = ""} : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

// The order of a sum is said where it adds up.
func.func @chain(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'arith.mulf' op expected 'rondo.chain' without a value, on arith.addf}}
  %y = arith.mulf %x, %x {rondo.chain} : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @rounded(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'arith.addf' op expected 'rondo.rounded' without a value, on arith.addf}}
  %y = arith.addf %x, %x {rondo.rounded = 1 : i64} : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @descending(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'arith.addf' op expected 'rondo.descending' without a value, on an op of linalg}}
  %y = arith.addf %x, %x {rondo.descending} : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A loop over segments says what its derivative does with them.
func.func @segments(%s0: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{'rondo.scan' op expected 'rondo.segments', "store" or "recompute", on rondo.scan, or the name of an axis on a function}}
  %s = rondo.scan (%a = %s0 : tensor<2xf32>) length 3 attributes {rondo.segments = "forget"} {
    rondo.yield (%a : tensor<2xf32>)
  } -> (tensor<2xf32>)
  return %s : tensor<2xf32>
}

// -----

// The axis has a name.
// expected-error @+1 {{'func.func' op expected 'rondo.segments', "store" or "recompute", on rondo.scan, or the name of an axis on a function}}
func.func private @segments() attributes {rondo.segments = ""}

// -----

// Training leaves parameters alone, nothing else.
// expected-error @+1 {{'func.func' op expected 'rondo.frozen' on a parameter}}
func.func private @frozen(tensor<4xf32> {rondo.frozen, rondo.input = "x"})
