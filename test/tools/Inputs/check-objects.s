# Inner loops for check-objects. With CALL defined a function of mathematics is called, with SPILL a register goes to the
# stack in a product's loop, with FRAME the same by a frame pointer, with SEPARATE products and sums are apart, with HELD
# the sums themselves are on the stack.
  .text
  .globl kernel
kernel:
.ifdef FRAME
  pushq %rbp
  movq %rsp, %rbp
  subq $64, %rsp
.endif
  movq %rdi, -8(%rsp)                  # outside of the inner loop the stack may be used
.Louter:
  movq -8(%rsp), %rdi
  xorl %eax, %eax
.Linner:
  vmovups (%rdi,%rax,4), %ymm8
.ifdef SPILL
  vmovups %ymm9, -64(%rsp)
.endif
.ifdef FRAME
  vmovups -40(%rbp), %ymm9
.endif
.ifdef SEPARATE
  mulps %xmm8, %xmm5
  addps %xmm5, %xmm0
  mulps %xmm8, %xmm6
  addps %xmm6, %xmm1
  mulps %xmm8, %xmm7
  addps %xmm7, %xmm2
  mulps %xmm8, %xmm9
  addps %xmm9, %xmm3
  movups %xmm0, 8(%rsp)
.else
.ifdef HELD
  vmovups -96(%rsp), %ymm9
  vfmadd231ps %ymm8, %ymm4, %ymm9
  vmovups %ymm9, -96(%rsp)
  vmovups -128(%rsp), %ymm9
  vfmadd231ps %ymm8, %ymm5, %ymm9
  vmovups %ymm9, -128(%rsp)
  vmovaps %ymm4, %ymm9
  vfmadd213ps -160(%rsp), %ymm8, %ymm9
  vmovups %ymm9, -160(%rsp)
  vmovaps %ymm0, %ymm9
  vfmadd231ps %ymm8, %ymm7, %ymm9
  vmovaps %ymm9, %ymm0
.else
  vfmadd231ps %ymm8, %ymm4, %ymm0
  vfmadd231ps %ymm8, %ymm5, %ymm1
  vfmadd231ps %ymm8, %ymm6, %ymm2
  vfmadd231ps (%rbp), %ymm7, %ymm3     # without a frame pointer a register like any other
.endif
.endif
  incq %rax
  cmpq $64, %rax
  jl .Linner
  decq %rsi
  jne .Louter

  # A polynomial is no product: each of its registers begins anew.
.Lpolynomial:
  vmovaps %ymm10, %ymm0
  vfmadd213ps %ymm11, %ymm8, %ymm0
  vfmadd213ps %ymm12, %ymm8, %ymm0
  vfmadd213ps %ymm13, %ymm8, %ymm0
  vfmadd213ps -40(%rsp), %ymm8, %ymm0
  decq %rdx
  jne .Lpolynomial

  # Nor is a sum of what was computed, in each of its four registers.
.Lsum:
  vmulps (%rdi), %ymm8, %ymm9
  vmulps %ymm9, %ymm9, %ymm9
  vaddps %ymm9, %ymm0, %ymm0
  vmulps %ymm9, %ymm9, %ymm9
  vaddps %ymm9, %ymm1, %ymm1
  vmulps %ymm9, %ymm9, %ymm9
  vaddps %ymm9, %ymm2, %ymm2
  vmulps %ymm9, %ymm9, %ymm9
  vaddps -40(%rsp), %ymm9, %ymm9
  vaddps %ymm9, %ymm3, %ymm3
  decq %rdx
  jne .Lsum
.ifdef CALL
  callq expf@PLT
.endif
  callq expand@PLT                     # begins like one
.ifdef FRAME
  leave
.endif
  retq
