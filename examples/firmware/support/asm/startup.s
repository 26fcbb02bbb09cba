; Startup: watchdog off, FRAM writable, RAM set up, the program, the end.
    .section .text._reset,"ax",@progbits
    .globl _reset
_reset:
    mov   #0x5a80, &{wdtctl}    ; WDTPW | WDTHOLD
    mov   #__stack_top, r1
    .if {syscfg0}
    mov   #0xa502, &{syscfg0}   ; FRWPPW | DFWP: program FRAM writable, information FRAM not
    .endif
    mov   #__bss_start, r12
    clr   r13
    mov   #__bss_size, r14
    call  #memset
    mov   #__data_start, r12    ; not by memcpy: firmware shows that it copies nothing in bulk
    mov   #__data_load, r13
1:  cmp   #__data_end, r12
    jhs   2f
    mov   @r13+, r14
    mov   r14, 0(r12)
    incd  r12
    jmp   1b
2:
    call  #__msp430_support_main
    .globl done
done:
    .word 0x4343                ; mov.b #0, r3: nothing to the CPU, the end to a simulator
    bis   #0x0010, r2           ; LPM0: the console still sends its last byte
    jmp   done

    .section .reset_vector,"a",@progbits
    .word _reset
