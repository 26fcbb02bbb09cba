; Rows of Rice codes. The fields of `Row` by their offsets: 0 window, 2 at, 4 end, 6 count, 8 gap_bits,
; 10 code_bits, 12 place, 14 target, 16 powers; those of `Place`: 0 left, 2 offset, 4 limit,
; 6 runs_left, 8 run, 10 run_skip, 12 runs, 14 row_skip.
;
; r4 window of bits, r5 and r6 bytes left, r7 weights left, r8 taps left in the run, r9 the row, r10
; offset of the tap, r11 a gap, r12 a code, r13 the place; r14 and r15 free.

    .macro  freeml_rice_enter
    push    r4
    push    r5
    push    r6
    push    r7
    push    r8
    push    r9
    push    r10
    mov     r12, r9
    mov     @r9, r4
    mov     2(r9), r5
    mov     4(r9), r6
    mov     6(r9), r7
    mov     12(r9), r13
    mov     @r13, r8
    mov     2(r13), r10
    .endm

    ; Returns the high word of the multiplier's sum, of use where there is one.
    .macro  freeml_rice_leave
    mov     r4, 0(r9)
    mov     r5, 2(r9)
    mov     r7, 6(r9)
    mov     r8, 0(r13)
    mov     r10, 2(r13)
    mov     &0x04cc, r13
    pop     r10
    pop     r9
    pop     r8
    pop     r7
    pop     r6
    pop     r5
    pop     r4
    ret
    .endm

    ; A gap into r11, a code into r12, then the place of the tap into r10. Those outside of the window
    ; go on at label 9, where r10 becomes that of the next tap.
    .macro  freeml_rice_weight
    clr     r11
10: add     r4, r4
    jz      20f
11: jnc     12f
    inc     r11
    jmp     10b
20: call    #freeml_rice_byte
    jmp     11b
21: call    #freeml_rice_byte
    jmp     13f
22: call    #freeml_rice_byte
    jmp     16f
12: mov     8(r9), r14
    tst     r14
    jz      14f
17: add     r4, r4
    jz      21b
13: rlc     r11
    dec     r14
    jnz     17b
14: clr     r12
    mov     10(r9), r14
15: add     r4, r4
    jz      22b
16: rlc     r12
    dec     r14
    jnz     15b
    add     r11, r10
18: cmp     r8, r11
    jlo     19f
    sub     r8, r11
    mov     8(r13), r8
    add     10(r13), r10
    dec     6(r13)
    jnz     18b
    mov     12(r13), 6(r13)
    add     14(r13), r10
    jmp     18b
19: sub     r11, r8
    dec     r8
    cmp     4(r13), r10
    jhs     9f
    .endm

    .section .text.freeml_rice_byte, "ax", @progbits
; The next byte, of which the first bit goes into the carry; zeros follow the last.
freeml_rice_byte:
    mov     #0x80, r4
    cmp     r5, r6
    jeq     1f
    mov.b   @r5+, r4
    swpb    r4
    bis     #0x80, r4
1:  add     r4, r4
    ret

    .section .text.freeml_rice_lists, "ax", @progbits
    .global __freeml_rice_lists
__freeml_rice_lists:
    freeml_rice_enter
1:  tst     r7
    jz      2f
    mov     14(r9), r14
    cmp     6(r14), 2(r14)
    jhs     2f
    dec     r7
    freeml_rice_weight
    mov     14(r9), r14
    mov     2(r14), r15
    add     r12, r12
    add     @r14, r12
    mov     r10, 0(r15)
    mov     @r12, 2(r15)
    mov     r15, 0(r12)
    add     #4, 2(r14)
9:  inc     r10
    jmp     1b
2:  freeml_rice_leave

    .macro  freeml_rice_sum name, extend
    .section .text.\name, "ax", @progbits
    .global \name
\name:
    freeml_rice_enter
    clr     &0x04ca
    clr     &0x04cc
1:  tst     r7
    jz      2f
    dec     r7
    freeml_rice_weight
    mov     14(r9), r15
    add     r10, r15
    mov.b   @r15, r15
    \extend
    mov     r15, &0x04c6
    add     r12, r12
    add     16(r9), r12
    mov     @r12, &0x04c8
9:  inc     r10
    jmp     1b
2:  mov     &0x04ca, r12
    freeml_rice_leave
    .endm

    freeml_rice_sum __freeml_rice_sum, "nop"
    freeml_rice_sum __freeml_rice_sum_signed, "sxt r15"
