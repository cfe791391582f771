// The derivative of an attention becomes one op where threads can share it.
// RUN: rondo-opt %s --rondo-raise-attention -split-input-file | FileCheck %s
// RUN: rondo-opt %s --rondo-raise-attention -split-input-file -remark-format=emitRemark -remarks-filter-missed='.*' -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARKS

// Threads could not share the few queries of one matrix of keys.
// CHECK-LABEL: func.func @one_matrix(
// CHECK-NOT: rondo.attention
// CHECK: return
// REMARKS: Remark="20 queries of one matrix of keys: too few for threads to share the derivative"
// REMARKS-NOT: Remark
func.func @one_matrix(%q: tensor<20x1x4xf32>, %k: tensor<30x1x4xf32>, %v: tensor<30x1x3xf32>, %g: tensor<20x1x3xf32>)
    -> (tensor<20x1x3xf32>, tensor<20x1x4xf32>, tensor<30x1x4xf32>, tensor<30x1x3xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<1x20x30xf32>
  %zero = arith.constant dense<0.0> : tensor<1x20x30xf32>
  %c = arith.constant dense<2.0> : tensor<1x20x30xf32>
  %i = rondo.iota dim = 2 : tensor<1x20x30xi32>
  %j = rondo.iota dim = 1 : tensor<1x20x30xi32>
  %m = arith.cmpi sle, %i, %j : tensor<1x20x30xi32>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x1x4xf32>, tensor<30x1x4xf32> -> tensor<1x20x30xf32>
  %h = arith.divf %s, %c : tensor<1x20x30xf32>
  %f = arith.select %m, %h, %n : tensor<1x20x30xi1>, tensor<1x20x30xf32>
  %p = rondo.softmax %f dim = 2 : tensor<1x20x30xf32>
  %y = rondo.contract %p, %v "bts,sbe->tbe" : tensor<1x20x30xf32>, tensor<30x1x3xf32> -> tensor<20x1x3xf32>
  %dv = rondo.contract %g, %p "tbe,bts->sbe" : tensor<20x1x3xf32>, tensor<1x20x30xf32> -> tensor<30x1x3xf32>
  %dp = rondo.contract %g, %v "tbe,sbe->bts" : tensor<20x1x3xf32>, tensor<30x1x3xf32> -> tensor<1x20x30xf32>
  %a = arith.mulf %dp, %p : tensor<1x20x30xf32>
  %b = rondo.reduce sum %a dims = [2] : tensor<1x20x30xf32> -> tensor<1x20xf32>
  %d = rondo.broadcast %b dims = [0, 1] : tensor<1x20xf32> -> tensor<1x20x30xf32>
  %e = arith.subf %dp, %d : tensor<1x20x30xf32>
  %df = arith.mulf %p, %e : tensor<1x20x30xf32>
  %dh = arith.select %m, %df, %zero : tensor<1x20x30xi1>, tensor<1x20x30xf32>
  %t = arith.divf %dh, %c : tensor<1x20x30xf32>
  %o = arith.cmpf oeq, %dh, %zero : tensor<1x20x30xf32>
  %ds = arith.select %o, %zero, %t : tensor<1x20x30xi1>, tensor<1x20x30xf32>
  %dq = rondo.contract %ds, %k "bts,sbd->tbd" : tensor<1x20x30xf32>, tensor<30x1x4xf32> -> tensor<20x1x4xf32>
  %dk = rondo.contract %ds, %q "bts,tbd->sbd" : tensor<1x20x30xf32>, tensor<20x1x4xf32> -> tensor<30x1x4xf32>
  return %y, %dq, %dk, %dv : tensor<20x1x3xf32>, tensor<20x1x4xf32>, tensor<30x1x4xf32>, tensor<30x1x3xf32>
}

// -----

// They share several matrices.
// CHECK-LABEL: func.func @few_matrices(
// CHECK-NEXT: rondo.attention
// CHECK-NEXT: rondo.attention_grad
// CHECK-NEXT: return
func.func @few_matrices(%q: tensor<20x7x4xf32>, %k: tensor<30x7x4xf32>, %v: tensor<30x7x3xf32>, %g: tensor<20x7x3xf32>)
    -> (tensor<20x7x3xf32>, tensor<20x7x4xf32>, tensor<30x7x4xf32>, tensor<30x7x3xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<7x20x30xf32>
  %zero = arith.constant dense<0.0> : tensor<7x20x30xf32>
  %c = arith.constant dense<2.0> : tensor<7x20x30xf32>
  %i = rondo.iota dim = 2 : tensor<7x20x30xi32>
  %j = rondo.iota dim = 1 : tensor<7x20x30xi32>
  %m = arith.cmpi sle, %i, %j : tensor<7x20x30xi32>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x7x4xf32>, tensor<30x7x4xf32> -> tensor<7x20x30xf32>
  %h = arith.divf %s, %c : tensor<7x20x30xf32>
  %f = arith.select %m, %h, %n : tensor<7x20x30xi1>, tensor<7x20x30xf32>
  %p = rondo.softmax %f dim = 2 : tensor<7x20x30xf32>
  %y = rondo.contract %p, %v "bts,sbe->tbe" : tensor<7x20x30xf32>, tensor<30x7x3xf32> -> tensor<20x7x3xf32>
  %dv = rondo.contract %g, %p "tbe,bts->sbe" : tensor<20x7x3xf32>, tensor<7x20x30xf32> -> tensor<30x7x3xf32>
  %dp = rondo.contract %g, %v "tbe,sbe->bts" : tensor<20x7x3xf32>, tensor<30x7x3xf32> -> tensor<7x20x30xf32>
  %a = arith.mulf %dp, %p : tensor<7x20x30xf32>
  %b = rondo.reduce sum %a dims = [2] : tensor<7x20x30xf32> -> tensor<7x20xf32>
  %d = rondo.broadcast %b dims = [0, 1] : tensor<7x20xf32> -> tensor<7x20x30xf32>
  %e = arith.subf %dp, %d : tensor<7x20x30xf32>
  %df = arith.mulf %p, %e : tensor<7x20x30xf32>
  %dh = arith.select %m, %df, %zero : tensor<7x20x30xi1>, tensor<7x20x30xf32>
  %t = arith.divf %dh, %c : tensor<7x20x30xf32>
  %o = arith.cmpf oeq, %dh, %zero : tensor<7x20x30xf32>
  %ds = arith.select %o, %zero, %t : tensor<7x20x30xi1>, tensor<7x20x30xf32>
  %dq = rondo.contract %ds, %k "bts,sbd->tbd" : tensor<7x20x30xf32>, tensor<30x7x4xf32> -> tensor<20x7x4xf32>
  %dk = rondo.contract %ds, %q "bts,tbd->sbd" : tensor<7x20x30xf32>, tensor<20x7x4xf32> -> tensor<30x7x4xf32>
  return %y, %dq, %dk, %dv : tensor<20x7x3xf32>, tensor<20x7x4xf32>, tensor<30x7x4xf32>, tensor<30x7x3xf32>
}

// -----

// And many queries of one.
// CHECK-LABEL: func.func @parts(
// CHECK-NEXT: rondo.attention
// CHECK-NEXT: rondo.attention_grad
// CHECK-NEXT: return
func.func @parts(%q: tensor<130x1x4xf32>, %k: tensor<30x1x4xf32>, %v: tensor<30x1x3xf32>, %g: tensor<130x1x3xf32>)
    -> (tensor<130x1x3xf32>, tensor<130x1x4xf32>, tensor<30x1x4xf32>, tensor<30x1x3xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<1x130x30xf32>
  %zero = arith.constant dense<0.0> : tensor<1x130x30xf32>
  %c = arith.constant dense<2.0> : tensor<1x130x30xf32>
  %i = rondo.iota dim = 2 : tensor<1x130x30xi32>
  %j = rondo.iota dim = 1 : tensor<1x130x30xi32>
  %m = arith.cmpi sle, %i, %j : tensor<1x130x30xi32>
  %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<130x1x4xf32>, tensor<30x1x4xf32> -> tensor<1x130x30xf32>
  %h = arith.divf %s, %c : tensor<1x130x30xf32>
  %f = arith.select %m, %h, %n : tensor<1x130x30xi1>, tensor<1x130x30xf32>
  %p = rondo.softmax %f dim = 2 : tensor<1x130x30xf32>
  %y = rondo.contract %p, %v "bts,sbe->tbe" : tensor<1x130x30xf32>, tensor<30x1x3xf32> -> tensor<130x1x3xf32>
  %dv = rondo.contract %g, %p "tbe,bts->sbe" : tensor<130x1x3xf32>, tensor<1x130x30xf32> -> tensor<30x1x3xf32>
  %dp = rondo.contract %g, %v "tbe,sbe->bts" : tensor<130x1x3xf32>, tensor<30x1x3xf32> -> tensor<1x130x30xf32>
  %a = arith.mulf %dp, %p : tensor<1x130x30xf32>
  %b = rondo.reduce sum %a dims = [2] : tensor<1x130x30xf32> -> tensor<1x130xf32>
  %d = rondo.broadcast %b dims = [0, 1] : tensor<1x130xf32> -> tensor<1x130x30xf32>
  %e = arith.subf %dp, %d : tensor<1x130x30xf32>
  %df = arith.mulf %p, %e : tensor<1x130x30xf32>
  %dh = arith.select %m, %df, %zero : tensor<1x130x30xi1>, tensor<1x130x30xf32>
  %t = arith.divf %dh, %c : tensor<1x130x30xf32>
  %o = arith.cmpf oeq, %dh, %zero : tensor<1x130x30xf32>
  %ds = arith.select %o, %zero, %t : tensor<1x130x30xi1>, tensor<1x130x30xf32>
  %dq = rondo.contract %ds, %k "bts,sbd->tbd" : tensor<1x130x30xf32>, tensor<30x1x4xf32> -> tensor<130x1x4xf32>
  %dk = rondo.contract %ds, %q "bts,tbd->sbd" : tensor<1x130x30xf32>, tensor<130x1x4xf32> -> tensor<30x1x4xf32>
  return %y, %dq, %dk, %dv : tensor<130x1x3xf32>, tensor<130x1x4xf32>, tensor<30x1x4xf32>, tensor<30x1x3xf32>
}

// -----

// Three heads to each matrix of keys, whose gradients are sums over these.
// CHECK-LABEL: func.func @grouped(
// CHECK-NEXT: rondo.attention %{{.*}} "tbga,sba,sbe->tbge"
// CHECK-NEXT: rondo.attention_grad %{{.*}} "tbga,sba,sbe->tbge"
// CHECK-NEXT: return
func.func @grouped(%q: tensor<20x8x3x4xf32>, %k: tensor<30x8x4xf32>, %v: tensor<30x8x3xf32>, %g: tensor<20x8x3x3xf32>)
    -> (tensor<20x8x3x3xf32>, tensor<20x8x3x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>) {
  %n = arith.constant dense<-1.0e9> : tensor<8x3x20x30xf32>
  %zero = arith.constant dense<0.0> : tensor<8x3x20x30xf32>
  %c = arith.constant dense<2.0> : tensor<8x3x20x30xf32>
  %i = rondo.iota dim = 3 : tensor<8x3x20x30xi32>
  %j = rondo.iota dim = 2 : tensor<8x3x20x30xi32>
  %m = arith.cmpi sle, %i, %j : tensor<8x3x20x30xi32>
  %s = rondo.contract %q, %k "tbgd,sbd->bgts" : tensor<20x8x3x4xf32>, tensor<30x8x4xf32> -> tensor<8x3x20x30xf32>
  %h = arith.divf %s, %c : tensor<8x3x20x30xf32>
  %f = arith.select %m, %h, %n : tensor<8x3x20x30xi1>, tensor<8x3x20x30xf32>
  %p = rondo.softmax %f dim = 3 : tensor<8x3x20x30xf32>
  %y = rondo.contract %p, %v "bgts,sbe->tbge" : tensor<8x3x20x30xf32>, tensor<30x8x3xf32> -> tensor<20x8x3x3xf32>
  %dv = rondo.contract %g, %p "tbge,bgts->sbe" : tensor<20x8x3x3xf32>, tensor<8x3x20x30xf32> -> tensor<30x8x3xf32>
  %dp = rondo.contract %g, %v "tbge,sbe->bgts" : tensor<20x8x3x3xf32>, tensor<30x8x3xf32> -> tensor<8x3x20x30xf32>
  %a = arith.mulf %dp, %p : tensor<8x3x20x30xf32>
  %b = rondo.reduce sum %a dims = [3] : tensor<8x3x20x30xf32> -> tensor<8x3x20xf32>
  %d = rondo.broadcast %b dims = [0, 1, 2] : tensor<8x3x20xf32> -> tensor<8x3x20x30xf32>
  %e = arith.subf %dp, %d : tensor<8x3x20x30xf32>
  %df = arith.mulf %p, %e : tensor<8x3x20x30xf32>
  %dh = arith.select %m, %df, %zero : tensor<8x3x20x30xi1>, tensor<8x3x20x30xf32>
  %t = arith.divf %dh, %c : tensor<8x3x20x30xf32>
  %o = arith.cmpf oeq, %dh, %zero : tensor<8x3x20x30xf32>
  %ds = arith.select %o, %zero, %t : tensor<8x3x20x30xi1>, tensor<8x3x20x30xf32>
  %dq = rondo.contract %ds, %k "bgts,sbd->tbgd" : tensor<8x3x20x30xf32>, tensor<30x8x4xf32> -> tensor<20x8x3x4xf32>
  %dk = rondo.contract %ds, %q "bgts,tbgd->sbd" : tensor<8x3x20x30xf32>, tensor<20x8x3x4xf32> -> tensor<30x8x4xf32>
  return %y, %dq, %dk, %dv : tensor<20x8x3x3xf32>, tensor<20x8x3x4xf32>, tensor<30x8x4xf32>, tensor<30x8x3xf32>
}
