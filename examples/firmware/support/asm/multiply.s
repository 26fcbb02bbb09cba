; Multiplication. EABI: 16-bit arguments in r12 and r13, 32-bit in r12:r13 and r14:r15 (low word
; first), result in r12 or r12:r13, r4..r10 preserved. The _f5hw names are what LLVM calls with
; +hwmultf5: the multiplier is at 0x04C0. They leave nothing of a sum kept in the multiplier.
    .section .text.__mspabi_mpyi_f5hw,"ax",@progbits
    .globl __mspabi_mpyi_f5hw
__mspabi_mpyi_f5hw:
    mov   r12, &0x4c0           ; MPY
    mov   r13, &0x4c8           ; OP2
    mov   &0x4ca, r12           ; RESLO
    ret

    .section .text.__mspabi_mpyl_f5hw,"ax",@progbits
    .globl __mspabi_mpyl_f5hw
__mspabi_mpyl_f5hw:
    mov   r12, &0x4c0           ; MPY  = a.lo
    mov   r14, &0x4c8           ; OP2  = b.lo
    mov   &0x4ca, r11           ; low word of the result
    mov   &0x4cc, &0x4ca        ; shift the product right by 16
    mov   r12, &0x4c4           ; MAC  = a.lo
    mov   r15, &0x4c8           ;   * b.hi
    mov   r13, &0x4c4           ; MAC  = a.hi
    mov   r14, &0x4c8           ;   * b.lo
    mov   &0x4ca, r13
    mov   r11, r12
    ret

; Without the multiplier.
    .section .text.__mspabi_mpyi,"ax",@progbits
    .globl __mspabi_mpyi
__mspabi_mpyi:
    mov   r12, r14
    clr   r12
1:  clrc
    rrc   r13
    jnc   2f
    add   r14, r12
2:  rla   r14
    tst   r13
    jnz   1b
    ret

    .section .text.__mspabi_mpyl,"ax",@progbits
    .globl __mspabi_mpyl
__mspabi_mpyl:
    push  r10
    clr   r11
    clr   r10
1:  clrc
    rrc   r15
    rrc   r14
    jnc   2f
    add   r12, r11
    addc  r13, r10
2:  rla   r12
    rlc   r13
    tst   r14
    jnz   1b
    tst   r15
    jnz   1b
    mov   r11, r12
    mov   r10, r13
    pop   r10
    ret
