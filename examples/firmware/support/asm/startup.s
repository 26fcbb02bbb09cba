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
    mov   #__data_start, r12
    mov   #__data_load, r13
    mov   #__data_size, r14
    call  #memcpy
    call  #__msp430_support_main
    .globl done
done:
    .word 0x4343                ; mov.b #0, r3: nothing to the CPU, the end to a simulator
    bis   #0x0010, r2           ; LPM0: the console still sends its last byte
    jmp   done

    .section .reset_vector,"a",@progbits
    .word _reset
