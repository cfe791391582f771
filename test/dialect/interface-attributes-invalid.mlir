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

// The seed has no name.
// expected-error @+1 {{'func.func' op expected no value for 'rondo.seed', found "seed"}}
func.func private @named_seed(tensor<i64> {rondo.seed = "seed"})
