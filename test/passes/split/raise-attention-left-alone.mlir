// Near misses of attention stay as they are, and a remark says why.
// RUN: rondo-opt %s --rondo-raise-attention -split-input-file | FileCheck %s
// RUN: rondo-opt %s --rondo-raise-attention -split-input-file -remark-format=emitRemark -remarks-filter-missed='.*' -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARKS

// The weights are a result too,
// CHECK-LABEL: func.func @weights_are_read(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the weights are read elsewhere too"
func.func @weights_are_read(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> (tensor<20x3xf32>, tensor<20x5xf32>) {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %p = rondo.softmax %s dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y, %p : tensor<20x3xf32>, tensor<20x5xf32>
}

// -----

// or the scores.
// CHECK-LABEL: func.func @scores_are_read(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the scores are read elsewhere too"
func.func @scores_are_read(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> (tensor<20x3xf32>, tensor<20x5xf32>) {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %p = rondo.softmax %s dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y, %s : tensor<20x3xf32>, tensor<20x5xf32>
}

// -----

// A bias of the scores.
// CHECK-LABEL: func.func @bias(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="between scores and softmax is arith.addf"
func.func @bias(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>, %b: tensor<20x5xf32>) -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %h = arith.addf %s, %b : tensor<20x5xf32>
  %p = rondo.softmax %h dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// Factors that differ.
// CHECK-LABEL: func.func @factors(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the scores' factor is not the same for all"
func.func @factors(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>, %b: tensor<20x5xf32>) -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %h = arith.mulf %s, %b : tensor<20x5xf32>
  %p = rondo.softmax %h dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// A constant divided by the scores.
// CHECK-LABEL: func.func @quotient(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the scores' factor is not the same for all"
func.func @quotient(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %c = arith.constant dense<2.0> : tensor<20x5xf32>
  %h = arith.divf %c, %s : tensor<20x5xf32>
  %p = rondo.softmax %h dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// The first query would see no key, of which a softmax makes the mean of all.
// CHECK-LABEL: func.func @strictly_before(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the first query sees no key"
func.func @strictly_before(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %n = arith.constant dense<-1.0e9> : tensor<20x5xf32>
  %i = rondo.iota dim = 1 : tensor<20x5xi32>
  %j = rondo.iota dim = 0 : tensor<20x5xi32>
  %m = arith.cmpi slt, %i, %j : tensor<20x5xi32>
  %h = arith.select %m, %s, %n : tensor<20x5xi1>, tensor<20x5xf32>
  %p = rondo.softmax %h dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// Keys from the query on.
// CHECK-LABEL: func.func @queries_before(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the mask is none of keys behind their query"
func.func @queries_before(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %n = arith.constant dense<-1.0e9> : tensor<20x5xf32>
  %i = rondo.iota dim = 1 : tensor<20x5xi32>
  %j = rondo.iota dim = 0 : tensor<20x5xi32>
  %m = arith.cmpi sle, %j, %i : tensor<20x5xi32>
  %h = arith.select %m, %s, %n : tensor<20x5xi1>, tensor<20x5xf32>
  %p = rondo.softmax %h dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// Scores that are not out of sight.
// CHECK-LABEL: func.func @weak_mask(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="scores of hidden keys are not all at most -1e9, nor -1e6 when they are scaled"
func.func @weak_mask(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %n = arith.constant dense<-1000.0> : tensor<20x5xf32>
  %i = rondo.iota dim = 1 : tensor<20x5xi32>
  %j = rondo.iota dim = 0 : tensor<20x5xi32>
  %m = arith.cmpi sle, %i, %j : tensor<20x5xi32>
  %h = arith.select %m, %s, %n : tensor<20x5xi1>, tensor<20x5xf32>
  %p = rondo.softmax %h dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// Scores that are turned around behind their mask: what is out of sight would be all that is seen.
// CHECK-LABEL: func.func @turned_around(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="scores of hidden keys are not all at most -1e9, nor -1e6 when they are scaled"
func.func @turned_around(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %n = arith.constant dense<-1.0e9> : tensor<20x5xf32>
  %minus = arith.constant dense<-1.0> : tensor<20x5xf32>
  %i = rondo.iota dim = 1 : tensor<20x5xi32>
  %j = rondo.iota dim = 0 : tensor<20x5xi32>
  %m = arith.cmpi sle, %i, %j : tensor<20x5xi32>
  %h = arith.select %m, %s, %n : tensor<20x5xi1>, tensor<20x5xf32>
  %g = arith.mulf %h, %minus : tensor<20x5xf32>
  %p = rondo.softmax %g dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// A mask that is an operand.
// CHECK-LABEL: func.func @any_mask(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the mask is none of keys behind their query"
func.func @any_mask(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>, %m: tensor<20x5xi1>) -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %n = arith.constant dense<-1.0e9> : tensor<20x5xf32>
  %h = arith.select %m, %s, %n : tensor<20x5xi1>, tensor<20x5xf32>
  %p = rondo.softmax %h dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// The softmax is over the queries.
// CHECK-LABEL: func.func @over_queries(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark=""sa,ta,se->te" is not the form of an attention"
func.func @over_queries(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %p = rondo.softmax %s dim = 0 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// Scores are sums over two dimensions.
// CHECK-LABEL: func.func @two_terms(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="scores are not sums over one dimension"
func.func @two_terms(%q: tensor<20x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x3xf32>) -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "tbd,sbd->ts" : tensor<20x2x4xf32>, tensor<5x2x4xf32> -> tensor<20x5xf32>
  %p = rondo.softmax %s dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// Too few queries for packed keys.
// CHECK-LABEL: func.func @few_queries(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="15 queries share keys: too few"
func.func @few_queries(%q: tensor<15x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<15x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<15x4xf32>, tensor<5x4xf32> -> tensor<15x5xf32>
  %p = rondo.softmax %s dim = 1 : tensor<15x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<15x5xf32>, tensor<5x3xf32> -> tensor<15x3xf32>
  return %y : tensor<15x3xf32>
}

// -----

// Of a window that a call need not fill products end where its positions do, attention does not.
// CHECK-LABEL: func.func @short_windows(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="a call may have fewer positions, of which products alone are made"
func.func @short_windows(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>, %n: tensor<i64> {rondo.length})
    -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %p = rondo.softmax %s dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// No features.
// CHECK-LABEL: func.func @empty(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark=empty
func.func @empty(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x0xf32>) -> tensor<20x0xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %p = rondo.softmax %s dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x0xf32> -> tensor<20x0xf32>
  return %y : tensor<20x0xf32>
}

// -----

// In a loop each step has other queries.
// CHECK-LABEL: func.func @in_a_loop(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="in a loop"
func.func @in_a_loop(%q: tensor<6x20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<6x20x3xf32> {
  %h0 = arith.constant dense<0.0> : tensor<f32>
  %h1, %r = rondo.scan (%h = %h0 : tensor<f32>) over (%x = %q : tensor<6x20x4xf32>) length 6 {
    %s = rondo.contract %x, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
    %p = rondo.softmax %s dim = 1 : tensor<20x5xf32>
    %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
    rondo.yield (%h : tensor<f32>) emit (%y : tensor<20x3xf32>)
  } -> (tensor<f32>, tensor<6x20x3xf32>)
  return %r : tensor<6x20x3xf32>
}

// -----

// Hidden scores that a factor brings near.
// CHECK-LABEL: func.func @mask_scaled_away(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="scores of hidden keys are not all at most -1e9, nor -1e6 when they are scaled"
func.func @mask_scaled_away(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %n = arith.constant dense<-1.0e9> : tensor<20x5xf32>
  %c = arith.constant dense<0.0001> : tensor<20x5xf32>
  %i = rondo.iota dim = 1 : tensor<20x5xi32>
  %j = rondo.iota dim = 0 : tensor<20x5xi32>
  %m = arith.cmpi sle, %i, %j : tensor<20x5xi32>
  %h = arith.select %m, %s, %n : tensor<20x5xi1>, tensor<20x5xf32>
  %g = arith.mulf %h, %c : tensor<20x5xf32>
  %p = rondo.softmax %g dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// The opposite mask with the branches of the right one: keys up to the query's are hidden.
// CHECK-LABEL: func.func @opposite(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the mask is none of keys behind their query"
func.func @opposite(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %n = arith.constant dense<-1.0e9> : tensor<20x5xf32>
  %i = rondo.iota dim = 1 : tensor<20x5xi32>
  %j = rondo.iota dim = 0 : tensor<20x5xi32>
  %m = arith.cmpi sgt, %i, %j : tensor<20x5xi32>
  %h = arith.select %m, %s, %n : tensor<20x5xi1>, tensor<20x5xf32>
  %p = rondo.softmax %h dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// What changes the weights, as dropout does.
// CHECK-LABEL: func.func @changed_weights(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="between softmax and values is arith.mulf"
func.func @changed_weights(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>, %m: tensor<20x5xf32>) -> tensor<20x3xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %p = rondo.softmax %s dim = 1 : tensor<20x5xf32>
  %r = arith.mulf %p, %m : tensor<20x5xf32>
  %y = rondo.contract %r, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32>
  return %y : tensor<20x3xf32>
}

// -----

// One line of a model in two functions that compute its outputs: what one of them cannot do, none does, whichever
// comes first. Another line may, as a function that trains may.
// CHECK-LABEL: func.func @one(
// CHECK-NOT: rondo.attention
// CHECK-LABEL: func.func @many(
// CHECK-COUNT-1: rondo.attention
// CHECK-NOT: rondo.attention
// CHECK-LABEL: func.func @few(
// CHECK-NOT: rondo.attention
// CHECK-LABEL: func.func @train(
// CHECK: rondo.attention
// REMARKS-DAG: Remark="1 queries share keys: too few"
// REMARKS-DAG: Remark="not in @one: 1 queries share keys: too few"
// REMARKS-DAG: Remark="2 queries share keys: too few"
func.func @one(%q: tensor<1x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<1x3xf32>
    attributes {rondo.entry = #rondo.entry<run, batch = 1, length = 1, f32>} {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<1x4xf32>, tensor<5x4xf32> -> tensor<1x5xf32>
  %p = rondo.softmax %s dim = 1 : tensor<1x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<1x5xf32>, tensor<5x3xf32> -> tensor<1x3xf32> loc("a")
  return %y : tensor<1x3xf32>
}
func.func @many(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> (tensor<20x3xf32>, tensor<20x3xf32>)
    attributes {rondo.entry = #rondo.entry<run, batch = 1, length = 20, f32>} {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %p = rondo.softmax %s dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32> loc("a")
  %t = rondo.contract %y, %v "te,se->ts" : tensor<20x3xf32>, tensor<5x3xf32> -> tensor<20x5xf32>
  %r = rondo.softmax %t dim = 1 : tensor<20x5xf32>
  %z = rondo.contract %r, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32> loc("b")
  return %y, %z : tensor<20x3xf32>, tensor<20x3xf32>
}
func.func @few(%q: tensor<2x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<2x3xf32>
    attributes {rondo.entry = #rondo.entry<score, batch = 1, length = 2, f32>} {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<2x4xf32>, tensor<5x4xf32> -> tensor<2x5xf32>
  %p = rondo.softmax %s dim = 1 : tensor<2x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<2x5xf32>, tensor<5x3xf32> -> tensor<2x3xf32> loc("a")
  return %y : tensor<2x3xf32>
}
func.func @train(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<20x3xf32>
    attributes {rondo.entry = #rondo.entry<train, batch = 1, length = 20, f32>} {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %p = rondo.softmax %s dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,se->te" : tensor<20x5xf32>, tensor<5x3xf32> -> tensor<20x3xf32> loc("a")
  return %y : tensor<20x3xf32>
}
