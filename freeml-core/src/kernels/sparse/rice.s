; Rows of Rice codes. The fields of `Row` by their offsets: 0 window, 2 at, 4 end, 6 count, 8 gap_bits,
; 10 code_bits, 12 place, 14 target, 16 heads, 18 where the low bits of gaps are read, 20 the same of
; codes; those of `Place`: 0 left, 2 offset, 4 limit, 6 runs_left, 8 run, 10 run_skip, 12 runs,
; 14 row_skip.
;
; r4 window of bits, r5 next byte, r6 distances that are outside, r7 weights left, r8 taps left in the
; run, r9 the row, r10 offset of the tap, r11 a gap, r12 a code, r13 the place, r14 what becomes of a
; weight, r15 the next entry of the lists or where the window of a sum begins.

    ; The next bit into a register. A window without bits becomes zero, its mark being in the carry.
    .macro  freeml_rice_bit into
    add     r4, r4
    jz      8f
7:  rlc     \into
    .pushsection .text.freeml_rice, "ax", @progbits
    .subsection 1
8:  call    #freeml_rice_byte
    jmp     7b
    .popsection
    .endm

    .section .text.freeml_rice, "ax", @progbits
; The next byte, of which the first bit goes into the carry; zeros follow the last.
freeml_rice_byte:
    cmp     r5, 4(r9)
    jeq     1f
    mov.b   @r5+, r4
    swpb    r4
    bis     #0x80, r4
    add     r4, r4
    ret
1:  mov     #0x100, r4
    clrc
    ret

    .global __freeml_rice_lists
__freeml_rice_lists:
    mov     #freeml_rice_push, r14
    jmp     freeml_rice
    .global __freeml_rice_sum
__freeml_rice_sum:
    mov     #freeml_rice_add, r14
    jmp     freeml_rice
    .global __freeml_rice_sum_signed
__freeml_rice_sum_signed:
    mov     #freeml_rice_add_signed, r14
freeml_rice:
    push    r4
    push    r5
    push    r6
    push    r7
    push    r8
    push    r9
    push    r10
    mov     r12, r9
    ; Where so many of the unrolled bits begin: 6 bytes for each. Their numbers are read as bytes:
    ; LLVM may leave anything in the other half.
    mov.b   8(r9), r12
    mov     #freeml_rice_many, r11
    cmp     #9, r12
    jhs     1f
    mov     #freeml_rice_gap_end, r11
    call    #freeml_rice_before
1:  mov     r11, 18(r9)
    mov.b   10(r9), r12
    ; Lists and the table of powers have four bits at most.
    cmp     #5, r12
    jlo     2f
    mov     #4, r12
2:  mov     #freeml_rice_code_end, r11
    call    #freeml_rice_before
    mov     r11, 20(r9)
    mov     @r9, r4
    mov     2(r9), r5
    mov     6(r9), r7
    mov     12(r9), r13
    mov     @r13, r8
    mov     2(r13), r10
    mov     4(r13), r6
    mov     14(r9), r15
    clr     &0x04ca
    clr     &0x04cc
    tst     r7
    jz      freeml_rice_leave

freeml_rice_weight:
    mov     #-1, r11
1:  inc     r11
    add     r4, r4
    jnc     2f
    jnz     1b
    call    #freeml_rice_byte
    jc      1b
2:  br      18(r9)
    .rept   8
    freeml_rice_bit r11
    .endr
freeml_rice_gap_end:
    clr     r12
    br      20(r9)
    .rept   4
    freeml_rice_bit r12
    .endr
freeml_rice_code_end:
    add     r11, r10
    clrc
    subc    r11, r8
    jnc     freeml_rice_far
freeml_rice_placed:
    cmp     r6, r10
    jhs     freeml_rice_passed
    br      r14

freeml_rice_push:
    add     r12, r12
    add     16(r9), r12
    mov     r10, 0(r15)
    mov     @r12, 2(r15)
    mov     r15, 0(r12)
    add     #4, r15
freeml_rice_passed:
    inc     r10
    dec     r7
    jnz     freeml_rice_weight

; Returns the multiplier's sum, of use where there is one.
freeml_rice_leave:
    mov     r4, 0(r9)
    mov     r5, 2(r9)
    mov     r15, 14(r9)
    mov     r8, 0(r13)
    mov     r10, 2(r13)
    mov     &0x04ca, r12
    mov     &0x04cc, r13
    pop     r10
    pop     r9
    pop     r8
    pop     r7
    pop     r6
    pop     r5
    pop     r4
    ret

freeml_rice_add:
    mov     r10, r11
    add     r15, r11
    mov.b   @r11, r11
    mov     r11, &0x04c6
    add     r12, r12
    mov     __freeml_powers(r12), &0x04c8
    jmp     freeml_rice_passed

freeml_rice_add_signed:
    mov     r10, r11
    add     r15, r11
    mov.b   @r11, &0x04c6
    add     r12, r12
    mov     __freeml_powers(r12), &0x04c8
    jmp     freeml_rice_passed

; The tap lies in another run: left, which is below zero, becomes what is left of that.
freeml_rice_far:
    add     10(r13), r10
    dec     6(r13)
    jnz     1f
    mov     12(r13), 6(r13)
    add     14(r13), r10
1:  add     8(r13), r8
    jnc     freeml_rice_far
    jmp     freeml_rice_placed

; Gaps of more low bits than are unrolled.
freeml_rice_many:
    mov.b   8(r9), r12
1:  freeml_rice_bit r11
    dec     r12
    jnz     1b
    br      #freeml_rice_gap_end

; r11 goes back by r12 bits, 6 bytes each.
freeml_rice_before:
    add     r12, r12
    sub     r12, r11
    sub     r12, r11
    sub     r12, r11
    ret
