; Sums of signed bytes, 21 cycles for each distance. An operation is entered so many distances
; before its end.

    .section .text.freeml_quad_i8, "ax", @progbits
freeml_quad_i8_add:
    .rept   4
    add     @r13+, r12
    mov.b   @r12, r15
    sxt     r15
    add     r15, r4
    add     r10, r12
    mov.b   @r12, r15
    sxt     r15
    add     r15, r5
    add     r11, r12
    mov.b   @r12, r15
    sxt     r15
    add     r15, r6
    add     r10, r12
    mov.b   @r12, r15
    sxt     r15
    add     r15, r7
    .endr
freeml_quad_i8_added:
    .word   0x4d30                      ; br @r13+
freeml_quad_i8_subtract:
    .rept   4
    add     @r13+, r12
    mov.b   @r12, r15
    sxt     r15
    sub     r15, r4
    add     r10, r12
    mov.b   @r12, r15
    sxt     r15
    sub     r15, r5
    add     r11, r12
    mov.b   @r12, r15
    sxt     r15
    sub     r15, r6
    add     r10, r12
    mov.b   @r12, r15
    sxt     r15
    sub     r15, r7
    .endr
freeml_quad_i8_subtracted:
    .word   0x4d30

    .section .rodata.freeml_quad_i8, "a", @progbits
    .balign 2
    .global __freeml_quad_i8
__freeml_quad_i8:
    .word   freeml_quad_i8_added, freeml_quad_i8_subtracted, 32
