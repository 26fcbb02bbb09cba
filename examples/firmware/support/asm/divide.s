; Division and remainder, by shifting and subtracting. Arguments and results as in multiply.s;
; division by zero gives an unspecified value.
    .section .text.__mspabi_div16,"ax",@progbits
udiv16:                         ; r12 / r13 -> quotient r12, remainder r14
    clr   r14
    mov   #16, r11
1:  rla   r12
    rlc   r14
    jc    2f
    cmp   r13, r14
    jlo   3f
2:  sub   r13, r14
    inc   r12
3:  dec   r11
    jnz   1b
    ret
sdiv16:                         ; signed; signs kept on the stack
    push  r12                   ; sign of the remainder
    mov   r12, r15
    xor   r13, r15
    push  r15                   ; sign of the quotient
    tst   r12
    jge   1f
    inv   r12
    inc   r12
1:  tst   r13
    jge   2f
    inv   r13
    inc   r13
2:  call  #udiv16
    pop   r15
    tst   r15
    jge   3f
    inv   r12
    inc   r12
3:  pop   r15
    tst   r15
    jge   4f
    inv   r14
    inc   r14
4:  ret
    .globl __mspabi_divu
__mspabi_divu:
    jmp   udiv16
    .globl __mspabi_remu
__mspabi_remu:
    call  #udiv16
    mov   r14, r12
    ret
    .globl __mspabi_divi
__mspabi_divi:
    jmp   sdiv16
    .globl __mspabi_remi
__mspabi_remi:
    call  #sdiv16
    mov   r14, r12
    ret

    .section .text.__mspabi_div32,"ax",@progbits
udiv32:                         ; r12:r13 / r14:r15 -> quotient r12:r13, remainder r14:r15
    push  r10
    push  r9
    clr   r10
    clr   r9
    mov   #32, r11
1:  rla   r12
    rlc   r13
    rlc   r10
    rlc   r9
    jc    2f
    cmp   r15, r9
    jlo   3f
    jne   2f
    cmp   r14, r10
    jlo   3f
2:  sub   r14, r10
    subc  r15, r9
    inc   r12
3:  dec   r11
    jnz   1b
    mov   r10, r14
    mov   r9, r15
    pop   r9
    pop   r10
    ret
sdiv32:
    push  r13
    mov   r13, r11
    xor   r15, r11
    push  r11
    tst   r13
    jge   1f
    inv   r12
    inv   r13
    inc   r12
    adc   r13
1:  tst   r15
    jge   2f
    inv   r14
    inv   r15
    inc   r14
    adc   r15
2:  call  #udiv32
    pop   r11
    tst   r11
    jge   3f
    inv   r12
    inv   r13
    inc   r12
    adc   r13
3:  pop   r11
    tst   r11
    jge   4f
    inv   r14
    inv   r15
    inc   r14
    adc   r15
4:  ret
    .globl __mspabi_divul
__mspabi_divul:
    jmp   udiv32
    .globl __mspabi_remul
__mspabi_remul:
    call  #udiv32
    mov   r14, r12
    mov   r15, r13
    ret
    .globl __mspabi_divli
__mspabi_divli:
    jmp   sdiv32
    .globl __mspabi_remli
__mspabi_remli:
    call  #sdiv32
    mov   r14, r12
    mov   r15, r13
    ret
