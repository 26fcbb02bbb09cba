; Shifts of r12:r13 by r14 places.
    .section .text.__mspabi_shift,"ax",@progbits
    .globl __mspabi_slll
__mspabi_slll:                  ; r12:r13 <<= r14
    and   #31, r14
    jz    2f
1:  rla   r12
    rlc   r13
    dec   r14
    jnz   1b
2:  ret
    .globl __mspabi_sral
__mspabi_sral:
    and   #31, r14
    jz    2f
1:  rra   r13
    rrc   r12
    dec   r14
    jnz   1b
2:  ret
    .globl __mspabi_srll
__mspabi_srll:
    and   #31, r14
    jz    2f
1:  clrc
    rrc   r13
    rrc   r12
    dec   r14
    jnz   1b
2:  ret
