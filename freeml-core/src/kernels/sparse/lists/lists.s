; Lists of additions. The fields of `Raw` by their offsets: 0 heads, 2 entry, 4 entries, 6 program,
; 8 at, 10 end, 12 from, 14 width, 16 positive, 18 negative, 20 distance, 22 double.

    .section .text.freeml_lists, "ax", @progbits
    .global __freeml_lists_clear
__freeml_lists_clear:
    mov     @r12, r13
    mov     #16, r14
1:
    clr     0(r13)
    incd    r13
    dec     r14
    jnz     1b
    ret

; r13 a list, r14 an offset.
    .global __freeml_lists_push
__freeml_lists_push:
    mov     2(r12), r15
    cmp     6(r12), r15
    jhs     1f
    add     r13, r13
    add     @r12, r13
    mov     r14, 0(r15)
    mov     @r13, 2(r15)
    mov     r15, 0(r13)
    add     #4, r15
    mov     r15, 2(r12)
1:
    ret

; r4 operation of the list, r5 its distances left, r6 where its word goes, r7 the word so far, r8
; from, r9 width, r10 end, r11 the head, r13 at, r14 an entry, r15 free.
    .global __freeml_lists_write
__freeml_lists_write:
    push    r4
    push    r5
    push    r6
    push    r7
    push    r8
    push    r9
    push    r10
    mov     8(r12), r13
    mov     12(r12), r8
    mov     14(r12), r9
    mov     10(r12), r10
    mov     @r12, r11
    add     #32, r11
    ; Doubling is of use after the first addition only.
1:
    cmp     @r12, r11
    jeq     8f
    decd    r11
    mov     18(r12), r4
    mov     @r11, r14
    tst     r14
    jnz     3f
    decd    r11
    mov     16(r12), r4
    mov     @r11, r14
    tst     r14
    jz      1b
    jmp     3f

2:  ; The next power of two.
    cmp     @r12, r11
    jeq     8f
    cmp     r10, r13
    jhs     8f
    mov     22(r12), 0(r13)
    incd    r13
    decd    r11
    mov     18(r12), r4
    mov     @r11, r14
    tst     r14
    jz      7f

3:  ; The list at r14, by four.
    clr     0(r11)
4:
    cmp     r10, r13
    jhs     8f
    mov     r13, r6
    incd    r13
    mov     r4, r7
    mov     #4, r5
5:
    cmp     r10, r13
    jhs     6f
    mov     @r14, r15
    sub     r8, r15
    mov     r15, 0(r13)
    incd    r13
    mov     @r14, r8
    add     r9, r8
    sub     20(r12), r7
    mov     2(r14), r14
    tst     r14
    jz      6f
    dec     r5
    jnz     5b
6:
    mov     r7, 0(r6)
    tst     r14
    jnz     4b

7:  ; The list was of negative weights if those of positive ones are still to come.
    cmp     18(r12), r4
    jne     2b
    decd    r11
    mov     16(r12), r4
    mov     @r11, r14
    tst     r14
    jnz     3b
    jmp     2b

8:
    mov     r13, 8(r12)
    mov     r8, 12(r12)
    mov     4(r12), 2(r12)
    pop     r10
    pop     r9
    pop     r8
    pop     r7
    pop     r6
    pop     r5
    pop     r4
    ret
