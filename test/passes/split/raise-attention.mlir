// Scores, their softmax and its product with values become one op.
// RUN: rondo-opt %s --rondo-raise-attention -split-input-file | FileCheck %s

// Slots of which each row has filled those up to its own position, and the window's.
// CHECK-LABEL: func.func @slots(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<5x2x4xf32>, %[[K:[^:]*]]: tensor<30x2x4xf32>, %[[V:[^:]*]]: tensor<30x2x4xf32>, %[[P:[^:]*]]: tensor<2xi64>)
// CHECK-NEXT: %[[Y:.*]] = rondo.attention %[[Q]], %[[K]], %[[V]] "tba,sba,sbd->tbd" scale 1.000000e+00 causal 0 first(%[[P]] : tensor<2xi64>) rows "b" :
// CHECK-NEXT: return %[[Y]]
func.func @slots(%q: tensor<5x2x4xf32>, %k: tensor<30x2x4xf32>, %v: tensor<30x2x4xf32>, %p: tensor<2xi64>)
    -> tensor<5x2x4xf32> {
  %n = arith.constant dense<-1.0e9> : tensor<5x30x2xf32>
  %c = rondo.iota dim = 0 : tensor<5x2xi32>
  %w = arith.trunci %p : tensor<2xi64> to tensor<2xi32>
  %b = rondo.broadcast %w dims = [1] : tensor<2xi32> -> tensor<5x2xi32>
  %t = arith.addi %c, %b : tensor<5x2xi32>
  %f = arith.sitofp %t : tensor<5x2xi32> to tensor<5x2xf32>
  %j = rondo.broadcast %f dims = [0, 2] : tensor<5x2xf32> -> tensor<5x30x2xf32>
  %s = rondo.iota dim = 0 : tensor<30xi32>
  %g = arith.sitofp %s : tensor<30xi32> to tensor<30xf32>
  %i = rondo.broadcast %g dims = [1] : tensor<30xf32> -> tensor<5x30x2xf32>
  %m = arith.cmpf ole, %i, %j : tensor<5x30x2xf32>
  %a = rondo.contract %q, %k "tbd,sbd->tsb" : tensor<5x2x4xf32>, tensor<30x2x4xf32> -> tensor<5x30x2xf32>
  %h = arith.select %m, %a, %n : tensor<5x30x2xi1>, tensor<5x30x2xf32>
  %x = rondo.softmax %h dim = 1 : tensor<5x30x2xf32>
  %y = rondo.contract %x, %v "tsb,sbd->tbd" : tensor<5x30x2xf32>, tensor<30x2x4xf32> -> tensor<5x2x4xf32>
  return %y : tensor<5x2x4xf32>
}

// -----

// One position, which is its row's number; of a call of any number of positions.
// CHECK-LABEL: func.func @position(
// CHECK: rondo.attention %{{.*}}, %{{.*}}, %{{.*}} "tba,sba,sbd->tbd" scale 1.000000e+00 causal 0 first(%{{.*}} : tensor<2xi64>) rows "b" :
func.func @position(%q: tensor<1x2x4xf32>, %k: tensor<30x2x4xf32>, %v: tensor<30x2x4xf32>, %p: tensor<2xi64>,
                    %l: tensor<i64> {rondo.length}) -> tensor<1x2x4xf32> {
  %n = arith.constant dense<-1.0e9> : tensor<1x30x2xf32>
  %w = arith.trunci %p : tensor<2xi64> to tensor<2xi32>
  %j = rondo.broadcast %w dims = [2] : tensor<2xi32> -> tensor<1x30x2xi32>
  %i = rondo.iota dim = 1 : tensor<1x30x2xi32>
  %m = arith.cmpi sgt, %i, %j : tensor<1x30x2xi32>
  %a = rondo.contract %q, %k "tbd,sbd->tsb" : tensor<1x2x4xf32>, tensor<30x2x4xf32> -> tensor<1x30x2xf32>
  %h = arith.select %m, %n, %a : tensor<1x30x2xi1>, tensor<1x30x2xf32>
  %x = rondo.softmax %h dim = 1 : tensor<1x30x2xf32>
  %y = rondo.contract %x, %v "tsb,sbd->tbd" : tensor<1x30x2xf32>, tensor<30x2x4xf32> -> tensor<1x2x4xf32>
  return %y : tensor<1x2x4xf32>
}

// -----

// Of a call's positions, which are all of its keys.
// CHECK-LABEL: func.func @call(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<40x2x4xf32> {{[^%]*}}, %[[K:[^:]*]]: tensor<40x2x4xf32>, %[[V:[^:]*]]: tensor<40x2x4xf32>, %[[N:[^:]*]]: tensor<i64>
// CHECK: rondo.attention %[[Q]], %[[K]], %{{.*}} "tba,sba,sbd->tbd" scale 1.000000e+00 lengths(%[[N]] : tensor<i64>) :
func.func @call(%q: tensor<40x2x4xf32> {rondo.positions = 0}, %k: tensor<40x2x4xf32>, %v: tensor<40x2x4xf32>,
                %n: tensor<i64> {rondo.length}) -> tensor<40x2x4xf32> {
  %low = arith.constant dense<0xFF800000> : tensor<40x40x2xf32>
  %zero = arith.constant dense<0.0> : tensor<40x2x4xf32>
  %l = arith.trunci %n : tensor<i64> to tensor<i32>
  %i = rondo.iota dim = 0 : tensor<40xi32>
  %e = rondo.broadcast %l dims = [] : tensor<i32> -> tensor<40xi32>
  %w = arith.cmpi slt, %i, %e : tensor<40xi32>
  %m = rondo.broadcast %w dims = [1] : tensor<40xi1> -> tensor<40x40x2xi1>
  %u = rondo.broadcast %w dims = [0] : tensor<40xi1> -> tensor<40x2x4xi1>
  %x = arith.select %u, %v, %zero : tensor<40x2x4xi1>, tensor<40x2x4xf32>
  %a = rondo.contract %q, %k "tbd,sbd->tsb" : tensor<40x2x4xf32>, tensor<40x2x4xf32> -> tensor<40x40x2xf32>
  %h = arith.select %m, %a, %low : tensor<40x40x2xi1>, tensor<40x40x2xf32>
  %p = rondo.softmax %h dim = 1 : tensor<40x40x2xf32>
  %y = rondo.contract %p, %x "tsb,sbd->tbd" : tensor<40x40x2xf32>, tensor<40x2x4xf32> -> tensor<40x2x4xf32>
  return %y : tensor<40x2x4xf32>
}

// -----

// Rows of different lengths: of none the result is zero. Queries that are causal too.
// CHECK-LABEL: func.func @rows(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<40x2x4xf32>, %[[K:[^:]*]]: tensor<40x2x4xf32>, %[[V:[^:]*]]: tensor<40x2x4xf32>, %[[N:[^:]*]]: tensor<2xi32>)
// CHECK-NEXT: %[[Y:.*]] = rondo.attention %[[Q]], %[[K]], %[[V]] "tba,sba,sbd->tbd" scale 1.000000e+00 causal 0 lengths(%[[N]] : tensor<2xi32>) rows "b" :
// CHECK-NEXT: return %[[Y]]
func.func @rows(%q: tensor<40x2x4xf32>, %k: tensor<40x2x4xf32>, %v: tensor<40x2x4xf32>, %n: tensor<2xi32>)
    -> tensor<40x2x4xf32> {
  %hidden = arith.constant dense<-1.0e9> : tensor<40x40x2xf32>
  %low = arith.constant dense<0xFF800000> : tensor<40x40x2xf32>
  %zero = arith.constant dense<0.0> : tensor<40x40x2xf32>
  %one = arith.constant dense<1> : tensor<2xi32>
  %none = arith.constant dense<0> : tensor<2xi32>
  %l = arith.maxsi %n, %one : tensor<2xi32>
  %i = rondo.iota dim = 0 : tensor<40x2xi32>
  %e = rondo.broadcast %l dims = [1] : tensor<2xi32> -> tensor<40x2xi32>
  %w = arith.cmpi slt, %i, %e : tensor<40x2xi32>
  %m = rondo.broadcast %w dims = [1, 2] : tensor<40x2xi1> -> tensor<40x40x2xi1>
  %s = rondo.iota dim = 1 : tensor<40x40x2xi32>
  %t = rondo.iota dim = 0 : tensor<40x40x2xi32>
  %c = arith.cmpi sle, %s, %t : tensor<40x40x2xi32>
  %a = rondo.contract %q, %k "tbd,sbd->tsb" : tensor<40x2x4xf32>, tensor<40x2x4xf32> -> tensor<40x40x2xf32>
  %g = arith.select %c, %a, %hidden : tensor<40x40x2xi1>, tensor<40x40x2xf32>
  %h = arith.select %m, %g, %low : tensor<40x40x2xi1>, tensor<40x40x2xf32>
  %p = rondo.softmax %h dim = 1 : tensor<40x40x2xf32>
  %o = arith.cmpi sgt, %n, %none : tensor<2xi32>
  %b = rondo.broadcast %o dims = [2] : tensor<2xi1> -> tensor<40x40x2xi1>
  %z = arith.select %b, %p, %zero : tensor<40x40x2xi1>, tensor<40x40x2xf32>
  %y = rondo.contract %z, %v "tsb,sbd->tbd" : tensor<40x40x2xf32>, tensor<40x2x4xf32> -> tensor<40x2x4xf32>
  return %y : tensor<40x2x4xf32>
}

// -----

// Operands in any order, a factor on either side; the scores' own letters are those of the weights.
// CHECK-LABEL: func.func @operands(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<20x2x4xf32>, %[[K:[^:]*]]: tensor<5x2x4xf32>, %[[V:[^:]*]]: tensor<5x2x3xf32>)
// CHECK-NEXT: %[[Y:.*]] = rondo.attention %[[Q]], %[[K]], %[[V]] "tba,sba,sbe->tbe" scale 1.500000e+00 : tensor<20x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<20x2x3xf32>
// CHECK-NEXT: return %[[Y]]
func.func @operands(%q: tensor<20x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x3xf32>) -> tensor<20x2x3xf32> {
  %three = arith.constant dense<3.0> : tensor<2x20x5xf32>
  %two = arith.constant dense<2.0> : tensor<2x20x5xf32>
  %s = rondo.contract %k, %q "xyz,wyz->ywx" : tensor<5x2x4xf32>, tensor<20x2x4xf32> -> tensor<2x20x5xf32>
  %h = arith.mulf %three, %s : tensor<2x20x5xf32>
  %g = arith.divf %h, %two : tensor<2x20x5xf32>
  %p = rondo.softmax %g dim = 2 : tensor<2x20x5xf32>
  %y = rondo.contract %v, %p "sbe,bts->tbe" : tensor<5x2x3xf32>, tensor<2x20x5xf32> -> tensor<20x2x3xf32>
  return %y : tensor<20x2x3xf32>
}

// -----

// Keys behind their query left out, as numbers that are compared before they are repeated for all rows,
// CHECK-LABEL: func.func @causal(
// CHECK-NEXT: rondo.attention %{{.*}}, %{{.*}}, %{{.*}} "tba,sba,sbd->tbd" scale 1.000000e+00 causal 0 :
// CHECK-NEXT: return
func.func @causal(%q: tensor<20x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x4xf32>) -> tensor<20x2x4xf32> {
  %n = arith.constant dense<-1.0e9> : tensor<2x20x5xf32>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x2x4xf32>, tensor<5x2x4xf32> -> tensor<2x20x5xf32>
  %i = rondo.iota dim = 0 : tensor<5xi32>
  %j = rondo.iota dim = 0 : tensor<20xi32>
  %a = arith.sitofp %i : tensor<5xi32> to tensor<5xf32>
  %b = arith.sitofp %j : tensor<20xi32> to tensor<20xf32>
  %c = rondo.broadcast %a dims = [0] : tensor<5xf32> -> tensor<5x20xf32>
  %d = rondo.broadcast %b dims = [1] : tensor<20xf32> -> tensor<5x20xf32>
  %e = arith.cmpf ole, %c, %d : tensor<5x20xf32>
  %m = rondo.broadcast %e dims = [2, 1] : tensor<5x20xi1> -> tensor<2x20x5xi1>
  %h = arith.select %m, %s, %n : tensor<2x20x5xi1>, tensor<2x20x5xf32>
  %p = rondo.softmax %h dim = 2 : tensor<2x20x5xf32>
  %y = rondo.contract %p, %v "bts,sbd->tbd" : tensor<2x20x5xf32>, tensor<5x2x4xf32> -> tensor<20x2x4xf32>
  return %y : tensor<20x2x4xf32>
}

// -----

// or as integers, the query from its key on, before the factor.
// CHECK-LABEL: func.func @causal_from(
// CHECK-NEXT: rondo.attention %{{.*}}, %{{.*}}, %{{.*}} "ta,sa,sd->td" scale 5.000000e-01 causal 0 :
// CHECK-NEXT: return
func.func @causal_from(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x4xf32>) -> tensor<20x4xf32> {
  %n = arith.constant dense<0xFF800000> : tensor<20x5xf32>
  %half = arith.constant dense<0.5> : tensor<20x5xf32>
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %i = rondo.iota dim = 1 : tensor<20x5xi32>
  %j = rondo.iota dim = 0 : tensor<20x5xi32>
  %m = arith.cmpi sge, %j, %i : tensor<20x5xi32>
  %h = arith.select %m, %s, %n : tensor<20x5xi1>, tensor<20x5xf32>
  %g = arith.mulf %h, %half : tensor<20x5xf32>
  %p = rondo.softmax %g dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,sd->td" : tensor<20x5xf32>, tensor<5x4xf32> -> tensor<20x4xf32>
  return %y : tensor<20x4xf32>
}

// -----

// A group of heads that shares keys: of two queries' dimensions the first is that of positions.
// CHECK-LABEL: func.func @shared_keys(
// CHECK-NEXT: rondo.attention %{{.*}}, %{{.*}}, %{{.*}} "tga,sa,sd->tgd" scale 1.000000e+00 :
func.func @shared_keys(%q: tensor<9x2x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x4xf32>) -> tensor<9x2x4xf32> {
  %s = rondo.contract %q, %k "tgd,sd->gts" : tensor<9x2x4xf32>, tensor<5x4xf32> -> tensor<2x9x5xf32>
  %p = rondo.softmax %s dim = 2 : tensor<2x9x5xf32>
  %y = rondo.contract %p, %v "gts,sd->tgd" : tensor<2x9x5xf32>, tensor<5x4xf32> -> tensor<9x2x4xf32>
  return %y : tensor<9x2x4xf32>
}

// -----

// The opposite mask, with the branches the other way round,
// CHECK-LABEL: func.func @hidden_behind(
// CHECK-NEXT: rondo.attention %{{.*}}, %{{.*}}, %{{.*}} "ta,sa,sd->td" scale 1.000000e+00 causal 0 :
// CHECK-NEXT: return
func.func @hidden_behind(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x4xf32>) -> tensor<20x4xf32> {
  %n = arith.constant dense<-1.0e9> : tensor<20x5xf32>
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %i = rondo.iota dim = 1 : tensor<20x5xi32>
  %j = rondo.iota dim = 0 : tensor<20x5xi32>
  %a = arith.sitofp %i : tensor<20x5xi32> to tensor<20x5xf32>
  %b = arith.sitofp %j : tensor<20x5xi32> to tensor<20x5xf32>
  %m = arith.cmpf ogt, %a, %b : tensor<20x5xf32>
  %h = arith.select %m, %n, %s : tensor<20x5xi1>, tensor<20x5xf32>
  %p = rondo.softmax %h dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,sd->td" : tensor<20x5xf32>, tensor<5x4xf32> -> tensor<20x4xf32>
  return %y : tensor<20x4xf32>
}

// -----

// from the query on, before a factor,
// CHECK-LABEL: func.func @hidden_from(
// CHECK-NEXT: rondo.attention %{{.*}}, %{{.*}}, %{{.*}} "ta,sa,sd->td" scale 1.250000e-01 causal 0 :
// CHECK-NEXT: return
func.func @hidden_from(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x4xf32>) -> tensor<20x4xf32> {
  %n = arith.constant dense<-1.0e9> : tensor<20x5xf32>
  %c = arith.constant dense<8.0> : tensor<20x5xf32>
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %i = rondo.iota dim = 1 : tensor<20x5xi32>
  %j = rondo.iota dim = 0 : tensor<20x5xi32>
  %m = arith.cmpi slt, %j, %i : tensor<20x5xi32>
  %h = arith.select %m, %n, %s : tensor<20x5xi1>, tensor<20x5xf32>
  %g = arith.divf %h, %c : tensor<20x5xf32>
  %p = rondo.softmax %g dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,sd->td" : tensor<20x5xf32>, tensor<5x4xf32> -> tensor<20x4xf32>
  return %y : tensor<20x4xf32>
}

// -----

// or the opposite of a mask that is computed.
// CHECK-LABEL: func.func @not(
// CHECK-NEXT: rondo.attention %{{.*}}, %{{.*}}, %{{.*}} "ta,sa,sd->td" scale 1.000000e+00 causal 0 :
// CHECK-NEXT: return
func.func @not(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x4xf32>) -> tensor<20x4xf32> {
  %n = arith.constant dense<-1.0e9> : tensor<20x5xf32>
  %true = arith.constant dense<true> : tensor<20x5xi1>
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %i = rondo.iota dim = 1 : tensor<20x5xi32>
  %j = rondo.iota dim = 0 : tensor<20x5xi32>
  %l = arith.cmpi sle, %i, %j : tensor<20x5xi32>
  %m = arith.xori %l, %true : tensor<20x5xi1>
  %h = arith.select %m, %n, %s : tensor<20x5xi1>, tensor<20x5xf32>
  %p = rondo.softmax %h dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,sd->td" : tensor<20x5xf32>, tensor<5x4xf32> -> tensor<20x4xf32>
  return %y : tensor<20x4xf32>
}

// -----

// Keys up to two behind the query, as numbers, and strictly before the third one, as integers.
// CHECK-LABEL: func.func @first(
// CHECK-NEXT: rondo.attention %{{.*}}, %{{.*}}, %{{.*}} "ta,sa,sd->td" scale 1.000000e+00 causal 2 :
// CHECK-NEXT: rondo.attention %{{.*}}, %{{.*}}, %{{.*}} "ta,sa,sd->td" scale 1.000000e+00 causal 2 :
// CHECK-NEXT: return
func.func @first(%q: tensor<20x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x4xf32>)
    -> (tensor<20x4xf32>, tensor<20x4xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<20x5xf32>
  %two = arith.constant dense<2.0> : tensor<20x5xf32>
  %one = arith.constant dense<1> : tensor<20x5xi32>
  %i = rondo.iota dim = 1 : tensor<20x5xi32>
  %j = rondo.iota dim = 0 : tensor<20x5xi32>
  %a = arith.sitofp %i : tensor<20x5xi32> to tensor<20x5xf32>
  %b = arith.sitofp %j : tensor<20x5xi32> to tensor<20x5xf32>
  %c = arith.addf %b, %two : tensor<20x5xf32>
  %m = arith.cmpf ole, %a, %c : tensor<20x5xf32>
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %h = arith.select %m, %s, %n : tensor<20x5xi1>, tensor<20x5xf32>
  %p = rondo.softmax %h dim = 1 : tensor<20x5xf32>
  %y = rondo.contract %p, %v "ts,sd->td" : tensor<20x5xf32>, tensor<5x4xf32> -> tensor<20x4xf32>
  %d = arith.subi %i, %one : tensor<20x5xi32>
  %e = arith.addi %one, %j : tensor<20x5xi32>
  %f = arith.addi %e, %one : tensor<20x5xi32>
  %l = arith.cmpi slt, %d, %f : tensor<20x5xi32>
  %t = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<5x4xf32> -> tensor<20x5xf32>
  %g = arith.select %l, %t, %n : tensor<20x5xi1>, tensor<20x5xf32>
  %r = rondo.softmax %g dim = 1 : tensor<20x5xf32>
  %z = rondo.contract %r, %v "ts,sd->td" : tensor<20x5xf32>, tensor<5x4xf32> -> tensor<20x4xf32>
  return %y, %z : tensor<20x4xf32>, tensor<20x4xf32>
}

// -----

// The result of one is the queries and the values of the next.
// CHECK-LABEL: func.func @layers(
// CHECK-NEXT: %[[Y:.*]] = rondo.attention
// CHECK-NEXT: %[[Z:.*]] = rondo.attention %[[Y]], %{{.*}}, %[[Y]]
// CHECK-NEXT: return %[[Z]]
func.func @layers(%q: tensor<20x4xf32>, %k: tensor<20x4xf32>) -> tensor<20x4xf32> {
  %s = rondo.contract %q, %k "td,sd->ts" : tensor<20x4xf32>, tensor<20x4xf32> -> tensor<20x20xf32>
  %p = rondo.softmax %s dim = 1 : tensor<20x20xf32>
  %y = rondo.contract %p, %q "ts,sd->td" : tensor<20x20xf32>, tensor<20x4xf32> -> tensor<20x4xf32>
  %t = rondo.contract %y, %k "td,sd->ts" : tensor<20x4xf32>, tensor<20x4xf32> -> tensor<20x20xf32>
  %r = rondo.softmax %t dim = 1 : tensor<20x20xf32>
  %z = rondo.contract %r, %y "ts,sd->td" : tensor<20x20xf32>, tensor<20x4xf32> -> tensor<20x4xf32>
  return %z : tensor<20x4xf32>
}
