; Sums of four windows: entry, doubling, ends. The fields of `Run` by their offsets:
; 0 window, 2 advance, 4 near, 6 far, 8 out, 10 out_step, 12 and 14 offset, 16 shift, 18 power,
; 20 multiplier, 22 bits_24, 24 low, 26 high, 28 times, 30 rows, 32 window_skip, 34 out_skip, 36 to
; 50 kept.

    .macro  freeml_next                 ; br @r13+
    .word   0x4d30
    .endm
    .macro  freeml_sign of, into        ; sign extension in three steps
    mov     \of, \into
    add     \into, \into
    subc    \into, \into
    inv     \into
    .endm
    .macro  freeml_max of, with
    cmp     \with, \of
    jge     1f
    mov     \with, \of
1:
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
    mov     r13, r8
    mov     4(r9), r10
    mov     6(r9), r11
    mov     28(r9), r14
freeml_quad_windows:
    mov     @r9, r12
    add     2(r9), 0(r9)
    mov     r8, r13
    clr     r4
    clr     r5
    clr     r6
    clr     r7
    freeml_next
freeml_quad_done:
    dec     r14
    jnz     freeml_quad_windows
    add     32(r9), 0(r9)
    add     34(r9), 8(r9)
    mov     28(r9), r14
    dec     30(r9)
    jnz     freeml_quad_windows
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
    freeml_keep r4, 36, 38
    freeml_keep r5, 40, 42
    freeml_keep r6, 44, 46
    freeml_keep r7, 48, 50
    freeml_next

    .global __freeml_quad_keep_more
__freeml_quad_keep_more:
    call    #freeml_quad_more
    freeml_next
freeml_quad_more:
    freeml_keep_more r4, 36, 38
    freeml_keep_more r5, 40, 42
    freeml_keep_more r6, 44, 46
    freeml_keep_more r7, 48, 50
    ret

    .global __freeml_quad_largest
__freeml_quad_largest:
    freeml_max r4, r5
    freeml_max r6, r7
    freeml_max r4, r6
    call    #freeml_quad_put
    jmp     freeml_quad_done

    .global __freeml_quad_pairs
__freeml_quad_pairs:
    freeml_max r4, r5
    freeml_max r6, r7
    mov     r6, 44(r9)
    call    #freeml_quad_put
    jmp     freeml_quad_third
    .global __freeml_quad_each
__freeml_quad_each:
    mov     r5, 40(r9)
    mov     r6, 44(r9)
    mov     r7, 48(r9)
    call    #freeml_quad_put
    mov     40(r9), r4
    call    #freeml_quad_put
    mov     44(r9), r4
    call    #freeml_quad_put
    mov     48(r9), r4
    call    #freeml_quad_put
    jmp     freeml_quad_done
freeml_quad_third:
    mov     44(r9), r4
    call    #freeml_quad_put
    jmp     freeml_quad_done

    .global __freeml_quad_largest_kept
__freeml_quad_largest_kept:
    call    #freeml_quad_more
    mov     36(r9), r4
    mov     38(r9), r5
    freeml_max_kept 40, 42
    freeml_max_kept 44, 46
    freeml_max_kept 48, 50
    call    #freeml_quad_put_32
    br      #freeml_quad_done

    .global __freeml_quad_pairs_kept
__freeml_quad_pairs_kept:
    call    #freeml_quad_more
    mov     36(r9), r4
    mov     38(r9), r5
    freeml_max_kept 40, 42
    call    #freeml_quad_put_32
    mov     44(r9), r4
    mov     46(r9), r5
    freeml_max_kept 48, 50
    call    #freeml_quad_put_32
    br      #freeml_quad_done

    .global __freeml_quad_each_kept
__freeml_quad_each_kept:
    call    #freeml_quad_more
    freeml_put_kept 36, 38
    freeml_put_kept 40, 42
    freeml_put_kept 44, 46
    freeml_put_kept 48, 50
    br      #freeml_quad_done

; Stores the output of the sum in r4. The multiplier shifts it and adds the offset.
freeml_quad_put:
    mov     12(r9), &0x04ca
    mov     14(r9), &0x04cc
    mov     r4, &0x04c6
    mov     18(r9), &0x04c8
    mov     &0x04ca, r4
    mov     &0x04cc, r5
    jmp     freeml_quad_scale

; Stores the output of the sum in r4 and r5.
freeml_quad_put_32:
    mov     16(r9), r15
    tst     r15
    jz      2f
1:
    add     r4, r4
    addc    r5, r5
    dec     r15
    jnz     1b
2:
    add     12(r9), r4
    addc    14(r9), r5
freeml_quad_scale:
    ; What is negative stays so: without negative outputs it needs no scaling.
    tst     r5
    jge     3f
    tst     24(r9)
    jl      3f
    mov     24(r9), r4
    jmp     8f
3:
    mov     20(r9), r15
    mov     r4, &0x04c0
    mov     r15, &0x04c8
    mov     &0x04cc, &0x04ca
    mov     #0, &0x04cc
    mov     r5, &0x04c6
    mov     r15, &0x04c8
    mov     &0x04ca, r4
    mov     &0x04cc, r5
    tst     22(r9)
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
    mov     8(r9), r15
    mov.b   r4, 0(r15)
    add     10(r9), 8(r9)
    ret
