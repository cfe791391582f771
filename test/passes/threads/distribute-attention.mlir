// Attention is dealt out by queries or by what has keys of its own, in whole units; what packs keys is waited for.
// RUN: rondo-opt %s --rondo-distribute=work=0 | FileCheck %s

// What reads a share's rows behind it needs no barrier.
// CHECK-LABEL: func.func @all_keys(
// CHECK: rondo.pack
// CHECK-NEXT: rondo.pack
// CHECK-NEXT: rondo.barrier
// CHECK-NEXT: rondo.attend {{.*}} scale 1.000000e+00 {rondo.split = array<i64: 0, 32>}
// CHECK-NEXT: linalg.exp {rondo.split = array<i64: 0, 32>}
func.func @all_keys(%q: memref<256x2x64xf32>, %k: memref<256x2x64xf32>, %v: memref<256x2x64xf32>,
                    %kp: memref<2x8x64x32xf32>, %vp: memref<2x2x256x32xf32>, %y: memref<256x2x64xf32>,
                    %z: memref<256x2x64xf32>) {
  rondo.pack ins(%k : memref<256x2x64xf32>) outs(%kp : memref<2x8x64x32xf32>) lanes 0 terms 2 width 32
  rondo.pack ins(%v : memref<256x2x64xf32>) outs(%vp : memref<2x2x256x32xf32>) lanes 2 terms 0 width 32
  rondo.attend ins(%q, %kp, %vp : memref<256x2x64xf32>, memref<2x8x64x32xf32>, memref<2x2x256x32xf32>)
      outs(%y : memref<256x2x64xf32>) "tbd,sbd,sbe->tbe" scale 1.0
  linalg.exp ins(%y : memref<256x2x64xf32>) outs(%z : memref<256x2x64xf32>)
  return
}

// Where late queries see more keys than early ones, a thread's blocks are not its rows: one more.
// CHECK-LABEL: func.func @causal(
// CHECK: rondo.attend {{.*}} causal 0 {rondo.split = array<i64: 0, 32>}
// CHECK-NEXT: rondo.barrier
// CHECK-NEXT: linalg.exp {rondo.split = array<i64: 0, 32>}
func.func @causal(%q: memref<256x2x64xf32>, %kp: memref<2x8x64x32xf32>, %vp: memref<2x2x256x32xf32>,
                  %y: memref<256x2x64xf32>, %z: memref<256x2x64xf32>) {
  rondo.attend ins(%q, %kp, %vp : memref<256x2x64xf32>, memref<2x8x64x32xf32>, memref<2x2x256x32xf32>)
      outs(%y : memref<256x2x64xf32>) "tbd,sbd,sbe->tbe" scale 1.0 causal 0
  linalg.exp ins(%y : memref<256x2x64xf32>) outs(%z : memref<256x2x64xf32>)
  return
}

// Of few queries rows are dealt out, each with its own keys; features never are.
// CHECK-LABEL: func.func @rows(
// CHECK: rondo.attend {{.*}} {rondo.split = array<i64: 1, {{[0-9]+}}>}
func.func @rows(%q: memref<1x40x64xf32>, %kp: memref<40x2x64x32xf32>, %vp: memref<40x2x64x32xf32>,
                %y: memref<1x40x64xf32>) {
  rondo.attend ins(%q, %kp, %vp : memref<1x40x64xf32>, memref<40x2x64x32xf32>, memref<40x2x64x32xf32>)
      outs(%y : memref<1x40x64xf32>) "tbd,sbd,sbe->tbe" scale 1.0
  return
}

// Of the derivative threads deal out what has keys of its own, one by one: the gradients of these are one thread's.
// CHECK-LABEL: func.func @derivative(
// CHECK: rondo.attend_grad {{.*}} {rondo.split = array<i64: 1, 1>}
func.func @derivative(%q: memref<256x8x64xf32>, %kp: memref<8x8x64x32xf32>, %vp: memref<8x8x64x32xf32>,
                      %kd: memref<8x2x256x32xf32>, %y: memref<256x8x64xf32>, %dq: memref<256x8x64xf32>,
                      %dk: memref<256x8x64xf32>, %dv: memref<256x8x64xf32>) {
  rondo.attend_grad ins(%q, %kp, %vp, %kd, %y, %y : memref<256x8x64xf32>, memref<8x8x64x32xf32>, memref<8x8x64x32xf32>,
      memref<8x2x256x32xf32>, memref<256x8x64xf32>, memref<256x8x64xf32>)
      outs(%dq, %dk, %dv : memref<256x8x64xf32>, memref<256x8x64xf32>, memref<256x8x64xf32>)
      "tbd,sbd,sbe->tbe" scale 1.0
  return
}

// What queries that share keys have beside positions is no thread's own.
// CHECK-LABEL: func.func @grouped(
// CHECK: rondo.attend_grad {{.*}} {rondo.split = array<i64: 2, 1>}
func.func @grouped(%q: memref<256x9x4x64xf32>, %kp: memref<4x8x64x32xf32>, %vp: memref<4x8x64x32xf32>,
                   %kd: memref<4x2x256x32xf32>, %y: memref<256x9x4x64xf32>, %dq: memref<256x9x4x64xf32>,
                   %dk: memref<256x4x64xf32>, %dv: memref<256x4x64xf32>) {
  rondo.attend_grad ins(%q, %kp, %vp, %kd, %y, %y : memref<256x9x4x64xf32>, memref<4x8x64x32xf32>,
      memref<4x8x64x32xf32>, memref<4x2x256x32xf32>, memref<256x9x4x64xf32>, memref<256x9x4x64xf32>)
      outs(%dq, %dk, %dv : memref<256x9x4x64xf32>, memref<256x4x64xf32>, memref<256x4x64xf32>)
      "tgbd,sbd,sbe->tgbe" scale 1.0
  return
}

// Parts of the queries have gradients of keys of their own: threads deal them out, and the sums wait for all.
// CHECK-LABEL: func.func @parts(
// CHECK: rondo.attend_grad {{.*}} part 64 {rondo.split = array<i64: 0, 64>}
// CHECK-NEXT: rondo.barrier
// CHECK-NEXT: linalg.reduce
func.func @parts(%q: memref<256x64xf32>, %kp: memref<8x64x32xf32>, %vp: memref<8x64x32xf32>,
                 %kd: memref<2x256x32xf32>, %y: memref<256x64xf32>, %dq: memref<256x64xf32>,
                 %dk: memref<4x256x64xf32>, %dv: memref<4x256x64xf32>, %sum: memref<256x64xf32>) {
  rondo.attend_grad ins(%q, %kp, %vp, %kd, %y, %y : memref<256x64xf32>, memref<8x64x32xf32>, memref<8x64x32xf32>,
      memref<2x256x32xf32>, memref<256x64xf32>, memref<256x64xf32>)
      outs(%dq, %dk, %dv : memref<256x64xf32>, memref<4x256x64xf32>, memref<4x256x64xf32>) "td,sd,se->te" scale 1.0
      part 64
  linalg.reduce { arith.addf } ins(%dk : memref<4x256x64xf32>) outs(%sum : memref<256x64xf32>) dimensions = [0]
  return
}

// One matrix of keys without parts is one thread's.
// CHECK-LABEL: func.func @one_matrix(
// CHECK: rondo.attend_grad
// CHECK-NOT: rondo.split
// CHECK: return
func.func @one_matrix(%q: memref<256x64xf32>, %kp: memref<8x64x32xf32>, %vp: memref<8x64x32xf32>,
                      %kd: memref<2x256x32xf32>, %y: memref<256x64xf32>, %dq: memref<256x64xf32>,
                      %dk: memref<256x64xf32>, %dv: memref<256x64xf32>) {
  rondo.attend_grad ins(%q, %kp, %vp, %kd, %y, %y : memref<256x64xf32>, memref<8x64x32xf32>, memref<8x64x32xf32>,
      memref<2x256x32xf32>, memref<256x64xf32>, memref<256x64xf32>)
      outs(%dq, %dk, %dv : memref<256x64xf32>, memref<256x64xf32>, memref<256x64xf32>) "td,sd,se->te" scale 1.0
  return
}

// Of one query of one head a thread alone appends, packs and attends, another one of the next head: nobody waits.
// CHECK-LABEL: func.func @one_query(
// CHECK-NOT: rondo.barrier
// CHECK: rondo.append
// CHECK-NOT: rondo.split
// CHECK: rondo.attend
// CHECK-NOT: rondo.barrier
// CHECK: %[[SECOND:.*]] = arith.constant 1 : index
// CHECK: %[[THREADS:.*]] = rondo.threads
// CHECK: arith.remui %[[SECOND]], %[[THREADS]]
// CHECK-NOT: rondo.barrier
// CHECK: rondo.attend
// CHECK-NOT: rondo.barrier
// CHECK: return
func.func @one_query(%q: memref<1x1x32xf32>, %k: memref<1x1x32xf32>, %at: memref<1xi64>,
                     %keys: memref<1024x1x32xf32>, %values: memref<1024x1x32xf32>, %kp: memref<1x32x32x32xf32>,
                     %vp: memref<1x2x1024x16xf32>, %y: memref<1x1x32xf32>, %otherKeys: memref<1024x1x32xf32>,
                     %otherValues: memref<1024x1x32xf32>, %otherKp: memref<1x32x32x32xf32>,
                     %otherVp: memref<1x2x1024x16xf32>, %z: memref<1x1x32xf32>) {
  rondo.append %k to %keys at %at dim 0 rows 1 : memref<1x1x32xf32>, memref<1024x1x32xf32>, memref<1xi64>
  rondo.append %k to %values at %at dim 0 rows 1 : memref<1x1x32xf32>, memref<1024x1x32xf32>, memref<1xi64>
  rondo.pack ins(%keys : memref<1024x1x32xf32>) ends(%at : memref<1xi64>) along 0 rows 1 plus 1
      outs(%kp : memref<1x32x32x32xf32>) lanes 0 terms 2 width 32
  rondo.pack ins(%values : memref<1024x1x32xf32>) ends(%at : memref<1xi64>) along 0 rows 1 plus 1
      outs(%vp : memref<1x2x1024x16xf32>) lanes 2 terms 0 width 16
  rondo.attend ins(%q, %kp, %vp : memref<1x1x32xf32>, memref<1x32x32x32xf32>, memref<1x2x1024x16xf32>)
      first(%at : memref<1xi64>) outs(%y : memref<1x1x32xf32>) "act,bct,bcd->acd" scale 1.0 causal 0 rows "c"
  rondo.append %k to %otherKeys at %at dim 0 rows 1 : memref<1x1x32xf32>, memref<1024x1x32xf32>, memref<1xi64>
  rondo.append %k to %otherValues at %at dim 0 rows 1 : memref<1x1x32xf32>, memref<1024x1x32xf32>, memref<1xi64>
  rondo.pack ins(%otherKeys : memref<1024x1x32xf32>) ends(%at : memref<1xi64>) along 0 rows 1 plus 1
      outs(%otherKp : memref<1x32x32x32xf32>) lanes 0 terms 2 width 32
  rondo.pack ins(%otherValues : memref<1024x1x32xf32>) ends(%at : memref<1xi64>) along 0 rows 1 plus 1
      outs(%otherVp : memref<1x2x1024x16xf32>) lanes 2 terms 0 width 16
  rondo.attend ins(%q, %otherKp, %otherVp : memref<1x1x32xf32>, memref<1x32x32x32xf32>, memref<1x2x1024x16xf32>)
      first(%at : memref<1xi64>) outs(%z : memref<1x1x32xf32>) "act,bct,bcd->acd" scale 1.0 causal 0 rows "c"
  return
}
