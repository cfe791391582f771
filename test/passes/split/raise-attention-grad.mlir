// What differentiation made of an attention becomes one op, or a remark says why not.
// RUN: rondo-opt %s --rondo-raise-attention -split-input-file | FileCheck %s
// RUN: rondo-opt %s --rondo-raise-attention -split-input-file -remark-format=emitRemark -remarks-filter-missed='.*' -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARKS

// CHECK-LABEL: func.func @guarded(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<20x8x4xf32>, %[[K:[^:]*]]: tensor<30x8x4xf32>, %[[V:[^:]*]]: tensor<30x8x3xf32>, %[[G:[^:]*]]: tensor<20x8x3xf32>)
// CHECK-NEXT: %[[Y:.*]] = rondo.attention %[[Q]], %[[K]], %[[V]] "tba,sba,sbe->tbe" scale 5.000000e-01 causal 0 :
// CHECK-NEXT: %[[DQ:.*]], %[[DK:.*]], %[[DV:.*]] = rondo.attention_grad %[[Q]], %[[K]], %[[V]], %[[Y]], %[[G]] "tba,sba,sbe->tbe" scale 5.000000e-01 causal 0 : tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>, tensor<20x8x3xf32>
// CHECK-NEXT: return %[[Y]], %[[DQ]], %[[DK]], %[[DV]]
func.func @guarded(%q: tensor<20x8x4xf32>, %k: tensor<30x8x4xf32>, %v: tensor<30x8x3xf32>, %g: tensor<20x8x3xf32>)
    -> (tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<8x20x30xf32>
  %zero = arith.constant dense<0.0> : tensor<8x20x30xf32>
  %c = arith.constant dense<2.0> : tensor<8x20x30xf32>
  %i = rondo.iota dim = 2 : tensor<8x20x30xi32>
  %j = rondo.iota dim = 1 : tensor<8x20x30xi32>
  %m = arith.cmpi sle, %i, %j : tensor<8x20x30xi32>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x8x4xf32>, tensor<30x8x4xf32> -> tensor<8x20x30xf32>
  %h = arith.divf %s, %c : tensor<8x20x30xf32>
  %f = arith.select %m, %h, %n : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %p = rondo.softmax %f dim = 2 : tensor<8x20x30xf32>
  %y = rondo.contract %p, %v "bts,sbe->tbe" : tensor<8x20x30xf32>, tensor<30x8x3xf32> -> tensor<20x8x3xf32>
  %dv = rondo.contract %g, %p "tbe,bts->sbe" : tensor<20x8x3xf32>, tensor<8x20x30xf32> -> tensor<30x8x3xf32>
  %dp = rondo.contract %g, %v "tbe,sbe->bts" : tensor<20x8x3xf32>, tensor<30x8x3xf32> -> tensor<8x20x30xf32>
  %a = arith.mulf %dp, %p : tensor<8x20x30xf32>
  %b = rondo.reduce sum %a dims = [2] : tensor<8x20x30xf32> -> tensor<8x20xf32>
  %d = rondo.broadcast %b dims = [0, 1] : tensor<8x20xf32> -> tensor<8x20x30xf32>
  %e = arith.subf %dp, %d : tensor<8x20x30xf32>
  %df = arith.mulf %p, %e : tensor<8x20x30xf32>
  %dh = arith.select %m, %df, %zero : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %t = arith.divf %dh, %c : tensor<8x20x30xf32>
  %o = arith.cmpf oeq, %dh, %zero : tensor<8x20x30xf32>
  %ds = arith.select %o, %zero, %t : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %dq = rondo.contract %ds, %k "bts,sbd->tbd" : tensor<8x20x30xf32>, tensor<30x8x4xf32> -> tensor<20x8x4xf32>
  %dk = rondo.contract %ds, %q "bts,tbd->sbd" : tensor<8x20x30xf32>, tensor<20x8x4xf32> -> tensor<30x8x4xf32>
  return %y, %dq, %dk, %dv : tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>
}

// -----

// A quotient by itself, and the mask said the other way round.
// CHECK-LABEL: func.func @unguarded(
// CHECK-NEXT: rondo.attention
// CHECK-NEXT: rondo.attention_grad
// CHECK-NEXT: return
func.func @unguarded(%q: tensor<20x8x4xf32>, %k: tensor<30x8x4xf32>, %v: tensor<30x8x3xf32>, %g: tensor<20x8x3xf32>)
    -> (tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<8x20x30xf32>
  %zero = arith.constant dense<0.0> : tensor<8x20x30xf32>
  %c = arith.constant dense<2.0> : tensor<8x20x30xf32>
  %i = rondo.iota dim = 2 : tensor<8x20x30xi32>
  %j = rondo.iota dim = 1 : tensor<8x20x30xi32>
  %m = arith.cmpi sle, %i, %j : tensor<8x20x30xi32>
  %w = arith.cmpi sge, %j, %i : tensor<8x20x30xi32>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x8x4xf32>, tensor<30x8x4xf32> -> tensor<8x20x30xf32>
  %h = arith.divf %s, %c : tensor<8x20x30xf32>
  %f = arith.select %m, %h, %n : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %p = rondo.softmax %f dim = 2 : tensor<8x20x30xf32>
  %y = rondo.contract %p, %v "bts,sbe->tbe" : tensor<8x20x30xf32>, tensor<30x8x3xf32> -> tensor<20x8x3xf32>
  %dv = rondo.contract %g, %p "tbe,bts->sbe" : tensor<20x8x3xf32>, tensor<8x20x30xf32> -> tensor<30x8x3xf32>
  %dp = rondo.contract %g, %v "tbe,sbe->bts" : tensor<20x8x3xf32>, tensor<30x8x3xf32> -> tensor<8x20x30xf32>
  %a = arith.mulf %dp, %p : tensor<8x20x30xf32>
  %b = rondo.reduce sum %a dims = [2] : tensor<8x20x30xf32> -> tensor<8x20xf32>
  %d = rondo.broadcast %b dims = [0, 1] : tensor<8x20xf32> -> tensor<8x20x30xf32>
  %e = arith.subf %dp, %d : tensor<8x20x30xf32>
  %df = arith.mulf %p, %e : tensor<8x20x30xf32>
  %dh = arith.select %w, %df, %zero : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %ds = arith.divf %dh, %c : tensor<8x20x30xf32>
  %dq = rondo.contract %ds, %k "bts,sbd->tbd" : tensor<8x20x30xf32>, tensor<30x8x4xf32> -> tensor<20x8x4xf32>
  %dk = rondo.contract %ds, %q "bts,tbd->sbd" : tensor<8x20x30xf32>, tensor<20x8x4xf32> -> tensor<30x8x4xf32>
  return %y, %dq, %dk, %dv : tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>
}

// -----

// The weights are a result too.
// CHECK-LABEL: func.func @weights(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the weights are read elsewhere too"
func.func @weights(%q: tensor<20x8x4xf32>, %k: tensor<30x8x4xf32>, %v: tensor<30x8x3xf32>, %g: tensor<20x8x3xf32>)
    -> (tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>, tensor<8x20x30xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<8x20x30xf32>
  %zero = arith.constant dense<0.0> : tensor<8x20x30xf32>
  %c = arith.constant dense<2.0> : tensor<8x20x30xf32>
  %i = rondo.iota dim = 2 : tensor<8x20x30xi32>
  %j = rondo.iota dim = 1 : tensor<8x20x30xi32>
  %m = arith.cmpi sle, %i, %j : tensor<8x20x30xi32>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x8x4xf32>, tensor<30x8x4xf32> -> tensor<8x20x30xf32>
  %h = arith.divf %s, %c : tensor<8x20x30xf32>
  %f = arith.select %m, %h, %n : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %p = rondo.softmax %f dim = 2 : tensor<8x20x30xf32>
  %y = rondo.contract %p, %v "bts,sbe->tbe" : tensor<8x20x30xf32>, tensor<30x8x3xf32> -> tensor<20x8x3xf32>
  %dv = rondo.contract %g, %p "tbe,bts->sbe" : tensor<20x8x3xf32>, tensor<8x20x30xf32> -> tensor<30x8x3xf32>
  %dp = rondo.contract %g, %v "tbe,sbe->bts" : tensor<20x8x3xf32>, tensor<30x8x3xf32> -> tensor<8x20x30xf32>
  %a = arith.mulf %dp, %p : tensor<8x20x30xf32>
  %b = rondo.reduce sum %a dims = [2] : tensor<8x20x30xf32> -> tensor<8x20xf32>
  %d = rondo.broadcast %b dims = [0, 1] : tensor<8x20xf32> -> tensor<8x20x30xf32>
  %e = arith.subf %dp, %d : tensor<8x20x30xf32>
  %df = arith.mulf %p, %e : tensor<8x20x30xf32>
  %dh = arith.select %m, %df, %zero : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %t = arith.divf %dh, %c : tensor<8x20x30xf32>
  %o = arith.cmpf oeq, %dh, %zero : tensor<8x20x30xf32>
  %ds = arith.select %o, %zero, %t : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %dq = rondo.contract %ds, %k "bts,sbd->tbd" : tensor<8x20x30xf32>, tensor<30x8x4xf32> -> tensor<20x8x4xf32>
  %dk = rondo.contract %ds, %q "bts,tbd->sbd" : tensor<8x20x30xf32>, tensor<20x8x4xf32> -> tensor<30x8x4xf32>
  return %y, %dq, %dk, %dv, %p : tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>, tensor<8x20x30xf32>
}

// -----

// So is their derivative.
// CHECK-LABEL: func.func @derivative(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the weights are read elsewhere too"
func.func @derivative(%q: tensor<20x8x4xf32>, %k: tensor<30x8x4xf32>, %v: tensor<30x8x3xf32>, %g: tensor<20x8x3xf32>)
    -> (tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>, tensor<8x20x30xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<8x20x30xf32>
  %zero = arith.constant dense<0.0> : tensor<8x20x30xf32>
  %c = arith.constant dense<2.0> : tensor<8x20x30xf32>
  %i = rondo.iota dim = 2 : tensor<8x20x30xi32>
  %j = rondo.iota dim = 1 : tensor<8x20x30xi32>
  %m = arith.cmpi sle, %i, %j : tensor<8x20x30xi32>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x8x4xf32>, tensor<30x8x4xf32> -> tensor<8x20x30xf32>
  %h = arith.divf %s, %c : tensor<8x20x30xf32>
  %f = arith.select %m, %h, %n : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %p = rondo.softmax %f dim = 2 : tensor<8x20x30xf32>
  %y = rondo.contract %p, %v "bts,sbe->tbe" : tensor<8x20x30xf32>, tensor<30x8x3xf32> -> tensor<20x8x3xf32>
  %dv = rondo.contract %g, %p "tbe,bts->sbe" : tensor<20x8x3xf32>, tensor<8x20x30xf32> -> tensor<30x8x3xf32>
  %dp = rondo.contract %g, %v "tbe,sbe->bts" : tensor<20x8x3xf32>, tensor<30x8x3xf32> -> tensor<8x20x30xf32>
  %a = arith.mulf %dp, %p : tensor<8x20x30xf32>
  %b = rondo.reduce sum %a dims = [2] : tensor<8x20x30xf32> -> tensor<8x20xf32>
  %d = rondo.broadcast %b dims = [0, 1] : tensor<8x20xf32> -> tensor<8x20x30xf32>
  %e = arith.subf %dp, %d : tensor<8x20x30xf32>
  %df = arith.mulf %p, %e : tensor<8x20x30xf32>
  %dh = arith.select %m, %df, %zero : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %t = arith.divf %dh, %c : tensor<8x20x30xf32>
  %o = arith.cmpf oeq, %dh, %zero : tensor<8x20x30xf32>
  %ds = arith.select %o, %zero, %t : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %dq = rondo.contract %ds, %k "bts,sbd->tbd" : tensor<8x20x30xf32>, tensor<30x8x4xf32> -> tensor<20x8x4xf32>
  %dk = rondo.contract %ds, %q "bts,tbd->sbd" : tensor<8x20x30xf32>, tensor<20x8x4xf32> -> tensor<30x8x4xf32>
  return %y, %dq, %dk, %dv, %dp : tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>, tensor<8x20x30xf32>
}

// -----

// That of the scores.
// CHECK-LABEL: func.func @of_scores(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the weights are read elsewhere too"
func.func @of_scores(%q: tensor<20x8x4xf32>, %k: tensor<30x8x4xf32>, %v: tensor<30x8x3xf32>, %g: tensor<20x8x3xf32>)
    -> (tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>, tensor<8x20x30xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<8x20x30xf32>
  %zero = arith.constant dense<0.0> : tensor<8x20x30xf32>
  %c = arith.constant dense<2.0> : tensor<8x20x30xf32>
  %i = rondo.iota dim = 2 : tensor<8x20x30xi32>
  %j = rondo.iota dim = 1 : tensor<8x20x30xi32>
  %m = arith.cmpi sle, %i, %j : tensor<8x20x30xi32>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x8x4xf32>, tensor<30x8x4xf32> -> tensor<8x20x30xf32>
  %h = arith.divf %s, %c : tensor<8x20x30xf32>
  %f = arith.select %m, %h, %n : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %p = rondo.softmax %f dim = 2 : tensor<8x20x30xf32>
  %y = rondo.contract %p, %v "bts,sbe->tbe" : tensor<8x20x30xf32>, tensor<30x8x3xf32> -> tensor<20x8x3xf32>
  %dv = rondo.contract %g, %p "tbe,bts->sbe" : tensor<20x8x3xf32>, tensor<8x20x30xf32> -> tensor<30x8x3xf32>
  %dp = rondo.contract %g, %v "tbe,sbe->bts" : tensor<20x8x3xf32>, tensor<30x8x3xf32> -> tensor<8x20x30xf32>
  %a = arith.mulf %dp, %p : tensor<8x20x30xf32>
  %b = rondo.reduce sum %a dims = [2] : tensor<8x20x30xf32> -> tensor<8x20xf32>
  %d = rondo.broadcast %b dims = [0, 1] : tensor<8x20xf32> -> tensor<8x20x30xf32>
  %e = arith.subf %dp, %d : tensor<8x20x30xf32>
  %df = arith.mulf %p, %e : tensor<8x20x30xf32>
  %dh = arith.select %m, %df, %zero : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %t = arith.divf %dh, %c : tensor<8x20x30xf32>
  %o = arith.cmpf oeq, %dh, %zero : tensor<8x20x30xf32>
  %ds = arith.select %o, %zero, %t : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %dq = rondo.contract %ds, %k "bts,sbd->tbd" : tensor<8x20x30xf32>, tensor<30x8x4xf32> -> tensor<20x8x4xf32>
  %dk = rondo.contract %ds, %q "bts,tbd->sbd" : tensor<8x20x30xf32>, tensor<20x8x4xf32> -> tensor<30x8x4xf32>
  return %y, %dq, %dk, %dv, %ds : tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>, tensor<8x20x30xf32>
}

// -----

// Another factor than that of the scores.
// CHECK-LABEL: func.func @factor(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the weights are read elsewhere too"
func.func @factor(%q: tensor<20x8x4xf32>, %k: tensor<30x8x4xf32>, %v: tensor<30x8x3xf32>, %g: tensor<20x8x3xf32>)
    -> (tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<8x20x30xf32>
  %zero = arith.constant dense<0.0> : tensor<8x20x30xf32>
  %c = arith.constant dense<2.0> : tensor<8x20x30xf32>
  %i = rondo.iota dim = 2 : tensor<8x20x30xi32>
  %j = rondo.iota dim = 1 : tensor<8x20x30xi32>
  %m = arith.cmpi sle, %i, %j : tensor<8x20x30xi32>
  %z = arith.constant dense<4.0> : tensor<8x20x30xf32>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x8x4xf32>, tensor<30x8x4xf32> -> tensor<8x20x30xf32>
  %h = arith.divf %s, %c : tensor<8x20x30xf32>
  %f = arith.select %m, %h, %n : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %p = rondo.softmax %f dim = 2 : tensor<8x20x30xf32>
  %y = rondo.contract %p, %v "bts,sbe->tbe" : tensor<8x20x30xf32>, tensor<30x8x3xf32> -> tensor<20x8x3xf32>
  %dv = rondo.contract %g, %p "tbe,bts->sbe" : tensor<20x8x3xf32>, tensor<8x20x30xf32> -> tensor<30x8x3xf32>
  %dp = rondo.contract %g, %v "tbe,sbe->bts" : tensor<20x8x3xf32>, tensor<30x8x3xf32> -> tensor<8x20x30xf32>
  %a = arith.mulf %dp, %p : tensor<8x20x30xf32>
  %b = rondo.reduce sum %a dims = [2] : tensor<8x20x30xf32> -> tensor<8x20xf32>
  %d = rondo.broadcast %b dims = [0, 1] : tensor<8x20xf32> -> tensor<8x20x30xf32>
  %e = arith.subf %dp, %d : tensor<8x20x30xf32>
  %df = arith.mulf %p, %e : tensor<8x20x30xf32>
  %dh = arith.select %m, %df, %zero : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %t = arith.divf %dh, %z : tensor<8x20x30xf32>
  %o = arith.cmpf oeq, %dh, %zero : tensor<8x20x30xf32>
  %ds = arith.select %o, %zero, %t : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %dq = rondo.contract %ds, %k "bts,sbd->tbd" : tensor<8x20x30xf32>, tensor<30x8x4xf32> -> tensor<20x8x4xf32>
  %dk = rondo.contract %ds, %q "bts,tbd->sbd" : tensor<8x20x30xf32>, tensor<20x8x4xf32> -> tensor<30x8x4xf32>
  return %y, %dq, %dk, %dv : tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>
}

// -----

// Another mask.
// CHECK-LABEL: func.func @mask(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the weights are read elsewhere too"
func.func @mask(%q: tensor<20x8x4xf32>, %k: tensor<30x8x4xf32>, %v: tensor<30x8x3xf32>, %g: tensor<20x8x3xf32>)
    -> (tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<8x20x30xf32>
  %zero = arith.constant dense<0.0> : tensor<8x20x30xf32>
  %c = arith.constant dense<2.0> : tensor<8x20x30xf32>
  %i = rondo.iota dim = 2 : tensor<8x20x30xi32>
  %j = rondo.iota dim = 1 : tensor<8x20x30xi32>
  %m = arith.cmpi sle, %i, %j : tensor<8x20x30xi32>
  %w = arith.cmpi slt, %i, %j : tensor<8x20x30xi32>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x8x4xf32>, tensor<30x8x4xf32> -> tensor<8x20x30xf32>
  %h = arith.divf %s, %c : tensor<8x20x30xf32>
  %f = arith.select %m, %h, %n : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %p = rondo.softmax %f dim = 2 : tensor<8x20x30xf32>
  %y = rondo.contract %p, %v "bts,sbe->tbe" : tensor<8x20x30xf32>, tensor<30x8x3xf32> -> tensor<20x8x3xf32>
  %dv = rondo.contract %g, %p "tbe,bts->sbe" : tensor<20x8x3xf32>, tensor<8x20x30xf32> -> tensor<30x8x3xf32>
  %dp = rondo.contract %g, %v "tbe,sbe->bts" : tensor<20x8x3xf32>, tensor<30x8x3xf32> -> tensor<8x20x30xf32>
  %a = arith.mulf %dp, %p : tensor<8x20x30xf32>
  %b = rondo.reduce sum %a dims = [2] : tensor<8x20x30xf32> -> tensor<8x20xf32>
  %d = rondo.broadcast %b dims = [0, 1] : tensor<8x20xf32> -> tensor<8x20x30xf32>
  %e = arith.subf %dp, %d : tensor<8x20x30xf32>
  %df = arith.mulf %p, %e : tensor<8x20x30xf32>
  %dh = arith.select %w, %df, %zero : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %t = arith.divf %dh, %c : tensor<8x20x30xf32>
  %o = arith.cmpf oeq, %dh, %zero : tensor<8x20x30xf32>
  %ds = arith.select %o, %zero, %t : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %dq = rondo.contract %ds, %k "bts,sbd->tbd" : tensor<8x20x30xf32>, tensor<30x8x4xf32> -> tensor<20x8x4xf32>
  %dk = rondo.contract %ds, %q "bts,tbd->sbd" : tensor<8x20x30xf32>, tensor<20x8x4xf32> -> tensor<30x8x4xf32>
  return %y, %dq, %dk, %dv : tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>
}

// -----

// Other keys.
// CHECK-LABEL: func.func @keys(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="the weights are read elsewhere too"
func.func @keys(%q: tensor<20x8x4xf32>, %k: tensor<30x8x4xf32>, %v: tensor<30x8x3xf32>, %g: tensor<20x8x3xf32>)
    -> (tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<8x20x30xf32>
  %zero = arith.constant dense<0.0> : tensor<8x20x30xf32>
  %c = arith.constant dense<2.0> : tensor<8x20x30xf32>
  %i = rondo.iota dim = 2 : tensor<8x20x30xi32>
  %j = rondo.iota dim = 1 : tensor<8x20x30xi32>
  %m = arith.cmpi sle, %i, %j : tensor<8x20x30xi32>
  %u = arith.negf %k : tensor<30x8x4xf32>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x8x4xf32>, tensor<30x8x4xf32> -> tensor<8x20x30xf32>
  %h = arith.divf %s, %c : tensor<8x20x30xf32>
  %f = arith.select %m, %h, %n : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %p = rondo.softmax %f dim = 2 : tensor<8x20x30xf32>
  %y = rondo.contract %p, %v "bts,sbe->tbe" : tensor<8x20x30xf32>, tensor<30x8x3xf32> -> tensor<20x8x3xf32>
  %dv = rondo.contract %g, %p "tbe,bts->sbe" : tensor<20x8x3xf32>, tensor<8x20x30xf32> -> tensor<30x8x3xf32>
  %dp = rondo.contract %g, %v "tbe,sbe->bts" : tensor<20x8x3xf32>, tensor<30x8x3xf32> -> tensor<8x20x30xf32>
  %a = arith.mulf %dp, %p : tensor<8x20x30xf32>
  %b = rondo.reduce sum %a dims = [2] : tensor<8x20x30xf32> -> tensor<8x20xf32>
  %d = rondo.broadcast %b dims = [0, 1] : tensor<8x20xf32> -> tensor<8x20x30xf32>
  %e = arith.subf %dp, %d : tensor<8x20x30xf32>
  %df = arith.mulf %p, %e : tensor<8x20x30xf32>
  %dh = arith.select %m, %df, %zero : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %t = arith.divf %dh, %c : tensor<8x20x30xf32>
  %o = arith.cmpf oeq, %dh, %zero : tensor<8x20x30xf32>
  %ds = arith.select %o, %zero, %t : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %dq = rondo.contract %ds, %u "bts,sbd->tbd" : tensor<8x20x30xf32>, tensor<30x8x4xf32> -> tensor<20x8x4xf32>
  %dk = rondo.contract %ds, %q "bts,tbd->sbd" : tensor<8x20x30xf32>, tensor<20x8x4xf32> -> tensor<30x8x4xf32>
  return %y, %dq, %dk, %dv : tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>
}

// -----

// A product of the derivative before that of the result, which the derivative's op reads.
// CHECK-LABEL: func.func @before(
// CHECK-NOT: rondo.attention
// REMARKS: Remark="the derivative, which reads the result, stands before it"
func.func @before(%q: tensor<20x8x4xf32>, %k: tensor<30x8x4xf32>, %v: tensor<30x8x3xf32>, %g: tensor<20x8x3xf32>)
    -> (tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<8x20x30xf32>
  %zero = arith.constant dense<0.0> : tensor<8x20x30xf32>
  %c = arith.constant dense<2.0> : tensor<8x20x30xf32>
  %i = rondo.iota dim = 2 : tensor<8x20x30xi32>
  %j = rondo.iota dim = 1 : tensor<8x20x30xi32>
  %m = arith.cmpi sle, %i, %j : tensor<8x20x30xi32>
  %w = arith.cmpi sge, %j, %i : tensor<8x20x30xi32>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x8x4xf32>, tensor<30x8x4xf32> -> tensor<8x20x30xf32>
  %h = arith.divf %s, %c : tensor<8x20x30xf32>
  %f = arith.select %m, %h, %n : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %p = rondo.softmax %f dim = 2 : tensor<8x20x30xf32>
  %dp = rondo.contract %g, %v "tbe,sbe->bts" : tensor<20x8x3xf32>, tensor<30x8x3xf32> -> tensor<8x20x30xf32>
  %y = rondo.contract %p, %v "bts,sbe->tbe" : tensor<8x20x30xf32>, tensor<30x8x3xf32> -> tensor<20x8x3xf32>
  %dv = rondo.contract %g, %p "tbe,bts->sbe" : tensor<20x8x3xf32>, tensor<8x20x30xf32> -> tensor<30x8x3xf32>
  %a = arith.mulf %dp, %p : tensor<8x20x30xf32>
  %b = rondo.reduce sum %a dims = [2] : tensor<8x20x30xf32> -> tensor<8x20xf32>
  %d = rondo.broadcast %b dims = [0, 1] : tensor<8x20xf32> -> tensor<8x20x30xf32>
  %e = arith.subf %dp, %d : tensor<8x20x30xf32>
  %df = arith.mulf %p, %e : tensor<8x20x30xf32>
  %dh = arith.select %w, %df, %zero : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %ds = arith.divf %dh, %c : tensor<8x20x30xf32>
  %dq = rondo.contract %ds, %k "bts,sbd->tbd" : tensor<8x20x30xf32>, tensor<30x8x4xf32> -> tensor<20x8x4xf32>
  %dk = rondo.contract %ds, %q "bts,tbd->sbd" : tensor<8x20x30xf32>, tensor<20x8x4xf32> -> tensor<30x8x4xf32>
  return %y, %dq, %dk, %dv : tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>
}

// -----

// Rows of different lengths, some of which may have no key.
// CHECK-LABEL: func.func @rows(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<20x8x4xf32>, %[[K:[^:]*]]: tensor<30x8x4xf32>, %[[V:[^:]*]]: tensor<30x8x3xf32>, %[[G:[^:]*]]: tensor<20x8x3xf32>, %[[N:[^:]*]]: tensor<8xi32>)
// CHECK-NEXT: %[[Y:.*]] = rondo.attention %[[Q]], %[[K]], %[[V]] "tba,sba,sbe->tbe" scale 1.000000e+00 lengths(%[[N]] : tensor<8xi32>) rows "b" :
// CHECK-NEXT: %[[DQ:.*]], %[[DK:.*]], %[[DV:.*]] = rondo.attention_grad %[[Q]], %[[K]], %[[V]], %[[Y]], %[[G]] "tba,sba,sbe->tbe" scale 1.000000e+00 lengths(%[[N]] : tensor<8xi32>) rows "b" :
// CHECK-NEXT: return %[[Y]], %[[DQ]], %[[DK]], %[[DV]]
func.func @rows(%q: tensor<20x8x4xf32>, %k: tensor<30x8x4xf32>, %v: tensor<30x8x3xf32>, %g: tensor<20x8x3xf32>,
                %n: tensor<8xi32>)
    -> (tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>) {
  %low = arith.constant dense<0xFF800000> : tensor<8x20x30xf32>
  %zero = arith.constant dense<0.0> : tensor<8x20x30xf32>
  %one = arith.constant dense<1> : tensor<8xi32>
  %none = arith.constant dense<0> : tensor<8xi32>
  %l = arith.maxsi %n, %one : tensor<8xi32>
  %i = rondo.iota dim = 0 : tensor<30x8xi32>
  %w = rondo.broadcast %l dims = [1] : tensor<8xi32> -> tensor<30x8xi32>
  %j = arith.cmpi slt, %i, %w : tensor<30x8xi32>
  %m = rondo.broadcast %j dims = [2, 0] : tensor<30x8xi1> -> tensor<8x20x30xi1>
  %r = arith.cmpi sgt, %n, %none : tensor<8xi32>
  %o = rondo.broadcast %r dims = [0] : tensor<8xi1> -> tensor<8x20x30xi1>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x8x4xf32>, tensor<30x8x4xf32> -> tensor<8x20x30xf32>
  %f = arith.select %m, %s, %low : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %p = rondo.softmax %f dim = 2 : tensor<8x20x30xf32>
  %z = arith.select %o, %p, %zero : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %y = rondo.contract %z, %v "bts,sbe->tbe" : tensor<8x20x30xf32>, tensor<30x8x3xf32> -> tensor<20x8x3xf32>
  %dv = rondo.contract %g, %z "tbe,bts->sbe" : tensor<20x8x3xf32>, tensor<8x20x30xf32> -> tensor<30x8x3xf32>
  %dz = rondo.contract %g, %v "tbe,sbe->bts" : tensor<20x8x3xf32>, tensor<30x8x3xf32> -> tensor<8x20x30xf32>
  %dp = arith.select %o, %dz, %zero : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %a = arith.mulf %dp, %p : tensor<8x20x30xf32>
  %b = rondo.reduce sum %a dims = [2] : tensor<8x20x30xf32> -> tensor<8x20xf32>
  %d = rondo.broadcast %b dims = [0, 1] : tensor<8x20xf32> -> tensor<8x20x30xf32>
  %e = arith.subf %dp, %d : tensor<8x20x30xf32>
  %df = arith.mulf %p, %e : tensor<8x20x30xf32>
  %ds = arith.select %m, %df, %zero : tensor<8x20x30xi1>, tensor<8x20x30xf32>
  %dq = rondo.contract %ds, %k "bts,sbd->tbd" : tensor<8x20x30xf32>, tensor<30x8x4xf32> -> tensor<20x8x4xf32>
  %dk = rondo.contract %ds, %q "bts,tbd->sbd" : tensor<8x20x30xf32>, tensor<20x8x4xf32> -> tensor<30x8x4xf32>
  return %y, %dq, %dk, %dv : tensor<20x8x3xf32>, tensor<20x8x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>
}
