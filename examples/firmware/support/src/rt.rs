//! Startup code, the integer helpers and memory functions that LLVM calls, and the end.

use crate::device;

core::arch::global_asm!(
    include_str!("../asm/startup.s"),
    wdtctl = const device::WDTCTL,
    syscfg0 = const device::SYSCFG0,
);
core::arch::global_asm!(include_str!("../asm/multiply.s"));
core::arch::global_asm!(include_str!("../asm/divide.s"));
core::arch::global_asm!(include_str!("../asm/shift.s"));
core::arch::global_asm!(include_str!("../asm/memory.s"));

/// Names the function (`fn()`) that startup calls; when it returns the program is finished.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[unsafe(export_name = "__msp430_support_main")]
        extern "C" fn __msp430_support_main() {
            let main: fn() = $main;
            main();
        }
    };
}

/// Ends the program: a simulator stops at the label `done`, a device sleeps there (LPM0).
pub fn finish() -> ! {
    // SAFETY: `done` is the end of the startup code and never returns.
    unsafe { core::arch::asm!("br #done", options(noreturn)) }
}
