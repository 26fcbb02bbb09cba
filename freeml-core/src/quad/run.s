; Sums of four windows: entry, doubling, ends. The fields of `Run` by their offsets:
; 0 window, 2 advance, 4 program, 6 near, 8 far, 10 out, 12 out_step, 14 times, 16 window_skip,
; 18 out_skip, 20 window_back, 22 out_back, 24 low, 26 high; those of `Moving`: 28 row_left, 30 left,
; 32 and 34 offset, 36 multiplier, 38 shift, 40 bits_24; behind it 42 to 56 the sums kept.

    .macro  freeml_next                 ; br @r13+
    .word   0x4d30
    .endm
    .macro  freeml_sign of, into        ; sign extension in three steps
    mov     \of, \into
    add     \into, \into
    subc    \into, \into
    inv     \into
    .endm
    .macro  freeml_max of, with         ; the larger of both into the second
    cmp     \of, \with
    jge     1f
    mov     \of, \with
1:
    .endm
    .macro  freeml_put sum              ; r12 and r15 the offset, r13 the step of outputs
    mov     r12, &0x04ca
    mov     r15, &0x04cc
    mov     \sum, &0x04c8
    mov     &0x04cc, \sum
    cmp     24(r9), \sum
    jge     1f
    mov     24(r9), \sum
1:
    cmp     \sum, 26(r9)
    jge     2f
    mov     26(r9), \sum
2:
    mov.b   \sum, 0(r8)
    add     r13, r8
    .endm
    .macro  freeml_put_first            ; loads what freeml_put takes
    mov     32(r9), r12
    mov     34(r9), r15
    mov     12(r9), r13
    .endm
    .macro  freeml_keep sum, low, high
    freeml_sign \sum, r15
    mov     \sum, \low(r9)
    mov     r15, \high(r9)
    clr     \sum
    .endm
    .macro  freeml_keep_more sum, low, high
    freeml_sign \sum, r15
    add     \sum, \low(r9)
    addc    r15, \high(r9)
    clr     \sum
    .endm
    .macro  freeml_max_kept low, high   ; r4 and r5, with a kept sum
    mov     \low(r9), r6
    mov     \high(r9), r7
    cmp     r6, r4
    mov     r5, r15
    subc    r7, r15
    jge     1f
    mov     r6, r4
    mov     r7, r5
1:
    .endm
    .macro  freeml_put_kept low, high
    mov     \low(r9), r4
    mov     \high(r9), r5
    call    #freeml_quad_put_32
    .endm

    .section .text.freeml_quad, "ax", @progbits
    .global __freeml_quad_run
__freeml_quad_run:
    push    r4
    push    r5
    push    r6
    push    r7
    push    r8
    push    r9
    push    r10
    mov     r12, r9
    mov     6(r9), r10
    mov     8(r9), r11
    mov     10(r9), r8
    ; First operand and mode of a short scale stay.
    mov     36(r9), &0x04c6
freeml_quad_row:
    mov     28(r9), r14
    tst     22(r9)
    jz      2f
    dec     r14
    jnz     2f
    inc     r14
    sub     20(r9), 0(r9)
    sub     22(r9), r8
2:
    cmp     r14, 30(r9)
    jhs     3f
    mov     30(r9), r14
3:
    sub     r14, 28(r9)
    sub     r14, 30(r9)
freeml_quad_windows:
    mov     @r9, r12
    add     2(r9), 0(r9)
    mov     4(r9), r13
    clr     r4
    clr     r5
    clr     r6
    clr     r7
    freeml_next
freeml_quad_done:
    dec     r14
    jnz     freeml_quad_windows
    tst     28(r9)
    jnz     4f
    add     16(r9), 0(r9)
    add     18(r9), r8
    mov     14(r9), 28(r9)
4:
    tst     30(r9)
    jnz     freeml_quad_row
    mov     r8, 10(r9)
    pop     r10
    pop     r9
    pop     r8
    pop     r7
    pop     r6
    pop     r5
    pop     r4
    ret

    .global __freeml_quad_double
__freeml_quad_double:
    add     r4, r4
    add     r5, r5
    add     r6, r6
    add     r7, r7
    freeml_next

    .global __freeml_quad_keep
__freeml_quad_keep:
    freeml_keep r4, 42, 44
    freeml_keep r5, 46, 48
    freeml_keep r6, 50, 52
    freeml_keep r7, 54, 56
    freeml_next

    .global __freeml_quad_keep_more
__freeml_quad_keep_more:
    call    #freeml_quad_more
    freeml_next
freeml_quad_more:
    freeml_keep_more r4, 42, 44
    freeml_keep_more r5, 46, 48
    freeml_keep_more r6, 50, 52
    freeml_keep_more r7, 54, 56
    ret

    ; What the other two do not end with comes first. Sums are in r7 in the end.
    .global __freeml_quad_largest
__freeml_quad_largest:
    freeml_put_first
    freeml_max r4, r5
    freeml_max r5, r6
    freeml_max r6, r7
    jmp     freeml_quad_last
    .global __freeml_quad_pairs
__freeml_quad_pairs:
    freeml_put_first
    freeml_max r4, r5
    freeml_max r6, r7
    mov     r5, r6
    jmp     freeml_quad_last_two
    .global __freeml_quad_each
__freeml_quad_each:
    freeml_put_first
    freeml_put r4
    freeml_put r5
freeml_quad_last_two:
    freeml_put r6
freeml_quad_last:
    freeml_put r7
    jmp     freeml_quad_done

    .global __freeml_quad_largest_kept
__freeml_quad_largest_kept:
    call    #freeml_quad_more
    mov     42(r9), r4
    mov     44(r9), r5
    freeml_max_kept 46, 48
    freeml_max_kept 50, 52
    freeml_max_kept 54, 56
    call    #freeml_quad_put_32
    br      #freeml_quad_done

    .global __freeml_quad_pairs_kept
__freeml_quad_pairs_kept:
    call    #freeml_quad_more
    mov     42(r9), r4
    mov     44(r9), r5
    freeml_max_kept 46, 48
    call    #freeml_quad_put_32
    mov     50(r9), r4
    mov     52(r9), r5
    freeml_max_kept 54, 56
    call    #freeml_quad_put_32
    br      #freeml_quad_done

    .global __freeml_quad_each_kept
__freeml_quad_each_kept:
    call    #freeml_quad_more
    freeml_put_kept 42, 44
    freeml_put_kept 46, 48
    freeml_put_kept 50, 52
    freeml_put_kept 54, 56
    br      #freeml_quad_done

; Stores the output of the sum in r4 and r5.
freeml_quad_put_32:
    mov     38(r9), r15
    tst     r15
    jz      2f
1:
    add     r4, r4
    addc    r5, r5
    dec     r15
    jnz     1b
2:
    add     32(r9), r4
    addc    34(r9), r5
    ; What is negative stays so: without negative outputs it needs no scaling.
    tst     r5
    jge     3f
    tst     24(r9)
    jl      3f
    mov     24(r9), r4
    jmp     8f
3:
    mov     36(r9), r15
    mov     r4, &0x04c0
    mov     r15, &0x04c8
    mov     &0x04cc, &0x04ca
    mov     #0, &0x04cc
    mov     r5, &0x04c6
    mov     r15, &0x04c8
    mov     &0x04ca, r4
    mov     &0x04cc, r5
    tst     40(r9)
    jz      4f
    swpb    r4
    and     #255, r4
    mov.b   r5, r15
    swpb    r15
    bis     r15, r4
    swpb    r5
    sxt     r5
4:
    ; Beyond 16 bits it is a bound anyway.
    freeml_sign r4, r15
    cmp     r15, r5
    jeq     5f
    mov     #0x7fff, r4
    tst     r5
    jge     5f
    inv     r4
5:
    cmp     24(r9), r4
    jge     6f
    mov     24(r9), r4
6:
    cmp     r4, 26(r9)
    jge     8f
    mov     26(r9), r4
8:
    mov.b   r4, 0(r8)
    add     12(r9), r8
    ret
