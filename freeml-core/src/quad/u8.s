; Sums of unsigned bytes, 17 cycles for each distance, 15 if the first window and the second are a
; byte apart. An operation is entered so many distances before its end.

    .macro  freeml_quad_near name, operation
    .rept   4
    add     @r13+, r12
    mov.b   @r12+, r15
    \operation r15, r4
    mov.b   @r12, r15
    \operation r15, r5
    add     r11, r12
    mov.b   @r12+, r15
    \operation r15, r6
    mov.b   @r12, r15
    \operation r15, r7
    .endr
\name:
    .word   0x4d30                      ; br @r13+
    .endm

    .section .text.freeml_quad_u8, "ax", @progbits
freeml_quad_u8_add:
    .rept   4
    add     @r13+, r12
    mov.b   @r12, r15
    add     r15, r4
    add     r10, r12
    mov.b   @r12, r15
    add     r15, r5
    add     r11, r12
    mov.b   @r12, r15
    add     r15, r6
    add     r10, r12
    mov.b   @r12, r15
    add     r15, r7
    .endr
freeml_quad_u8_added:
    .word   0x4d30                      ; br @r13+
freeml_quad_u8_subtract:
    .rept   4
    add     @r13+, r12
    mov.b   @r12, r15
    sub     r15, r4
    add     r10, r12
    mov.b   @r12, r15
    sub     r15, r5
    add     r11, r12
    mov.b   @r12, r15
    sub     r15, r6
    add     r10, r12
    mov.b   @r12, r15
    sub     r15, r7
    .endr
freeml_quad_u8_subtracted:
    .word   0x4d30

    .section .rodata.freeml_quad_u8, "a", @progbits
    .balign 2
    .global __freeml_quad_u8
__freeml_quad_u8:
    .word   freeml_quad_u8_added, freeml_quad_u8_subtracted, 24

    .section .text.freeml_quad_near, "ax", @progbits
freeml_quad_near_add:
    freeml_quad_near freeml_quad_near_added, add
freeml_quad_near_subtract:
    freeml_quad_near freeml_quad_near_subtracted, sub

    .section .rodata.freeml_quad_near, "a", @progbits
    .balign 2
    .global __freeml_quad_near
__freeml_quad_near:
    .word   freeml_quad_near_added, freeml_quad_near_subtracted, 20
