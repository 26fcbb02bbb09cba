; memcpy, memmove and memset by words where all addresses are even: about 3 cycles a byte, where
; the ones of compiler_builtins take 10.7. Arguments: destination r12, source or byte r13, bytes
; r14; result: destination. `.word 0x4dbf, d` is `mov @r13+, d(r15)`, which LLVM's assembler lacks.
    .section .text.memcpy,"ax",@progbits
    .globl memcpy
memcpy:
    mov   r12, r15
    mov   r12, r11
    bis   r13, r11
    bit   #1, r11
    jnz   .Lcopy_bytes
    mov   r14, r11
    sub   #8, r11
    jlo   2f
1:  .word 0x4dbf, 0
    .word 0x4dbf, 2
    .word 0x4dbf, 4
    .word 0x4dbf, 6
    add   #8, r15
    sub   #8, r11
    jhs   1b
2:  and   #7, r14               ; fewer than eight bytes are left
.Lcopy_bytes:
    tst   r14
    jz    4f
3:  mov.b @r13, 0(r15)
    inc   r13
    inc   r15
    dec   r14
    jnz   3b
4:  ret

    .section .text.memmove,"ax",@progbits
    .globl memmove
memmove:
    mov   r12, r11
    sub   r13, r11
    cmp   r14, r11              ; forwards unless source <= destination < source + bytes
    jlo   1f
    br    #memcpy
1:  tst   r14
    jz    3f
    mov   r12, r15
    add   r14, r15
    add   r14, r13
    mov   r13, r11
    bis   r15, r11
    bis   r14, r11
    bit   #1, r11
    jnz   4f
2:  decd  r13
    decd  r15
    mov   @r13, 0(r15)
    decd  r14
    jnz   2b
3:  ret
4:  dec   r13
    dec   r15
    mov.b @r13, 0(r15)
    dec   r14
    jnz   4b
    ret

    .section .text.memset,"ax",@progbits
    .globl memset
memset:
    mov   r12, r15
    bit   #1, r12
    jnz   3f
    mov.b r13, r13
    mov   r13, r11
    swpb  r11
    bis   r11, r13
    mov   r14, r11
    sub   #8, r11
    jlo   2f
1:  mov   r13, 0(r15)
    mov   r13, 2(r15)
    mov   r13, 4(r15)
    mov   r13, 6(r15)
    add   #8, r15
    sub   #8, r11
    jhs   1b
2:  and   #7, r14
3:  tst   r14
    jz    5f
4:  mov.b r13, 0(r15)
    inc   r15
    dec   r14
    jnz   4b
5:  ret
