//! What a Rust program needs below it on an MSP430 FRAM device: startup code, linker script,
//! the integer helpers LLVM calls, memory functions, a panic handler and a console.
//!
//! The device is a cargo feature: `fr5994` (default), `fr5969` or `fr2355`. Link with
//! `-Tmsp430-support.x`. Firmware that needs interrupts uses `msp430-rt` instead.
#![no_std]
#![feature(asm_experimental_arch)]

pub mod console;
mod device;
mod panic;
mod rt;

pub use console::{print_i16, print_i32, print_str, print_u16, print_u32};
pub use rt::finish;
