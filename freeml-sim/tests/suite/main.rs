//! Tests of the simulator from outside, on hand-assembled programs.

mod asm;
mod cli;
mod elf_file;
mod faults;
mod instructions;
mod loading;
mod power;
mod timing;
