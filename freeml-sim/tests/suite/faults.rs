//! Faults: their kinds, places and messages.

use freeml_sim::{Device, Elf, FaultKind, Limits, Machine, PowerSchedule};

use crate::asm::{BYTE, DATA, Dst, MOV, PUSH, RRA, Src, machine, one, two};
use crate::elf_file::{Sym, firmware};

fn fault(words: &[u16]) -> FaultKind {
    machine(words).step().unwrap_err().kind
}

#[test]
fn bad_memory_accesses() {
    let unmapped = FaultKind::Unmapped { address: 0x3C00 };
    assert_eq!(fault(&two(MOV, 0, Src::Abs(0x3C00), Dst::R(9))), unmapped);
    assert_eq!(fault(&two(MOV, BYTE, Src::R(9), Dst::Abs(0x3C00))), unmapped);
    let address = DATA + 1;
    assert_eq!(fault(&two(MOV, 0, Src::X(1, 5), Dst::R(9))), FaultKind::Unaligned { address });
    assert_eq!(fault(&two(MOV, 0, Src::R(9), Dst::X(1, 5))), FaultKind::Unaligned { address });
}

#[test]
fn bad_instructions() {
    for opcode in [0x0000, 0x0110, 0x1342, 0x1400, 0x1840, 0x1FFF] {
        assert_eq!(fault(&[opcode]), FaultKind::ExtendedInstruction { opcode });
    }
    for opcode in [0x10C5, 0x11C5, 0x12C5, 0x1301] {
        assert_eq!(fault(&[opcode]), FaultKind::InvalidInstruction { opcode });
    }
    // What RRA cannot write back.
    for operand in [Src::Imm(4), Src::K(1), Src::K(8)] {
        let words = one(RRA, 0, operand);
        assert_eq!(fault(&words), FaultKind::InvalidInstruction { opcode: words[0] });
    }
}

#[test]
fn multiplier_limits() {
    let byte = two(MOV, BYTE, Src::R(9), Dst::Abs(0x04CA));
    assert_eq!(fault(&byte), FaultKind::MultiplierByteWrite { address: 0x04CA });
    let wide = two(MOV, 0, Src::R(9), Dst::Abs(0x04D0));
    assert_eq!(fault(&wide), FaultKind::Multiplier32 { address: 0x04D0 });
}

#[test]
fn execution_outside_memory() {
    for address in [0x0200, 0x3C00, 0x4401] {
        let mut machine = machine(&two(MOV, 0, Src::Imm(address), Dst::R(0)));
        machine.step().unwrap();
        let fault = machine.step().unwrap_err();
        assert_eq!((fault.kind, fault.pc), (FaultKind::NotExecutable { address }, address));
    }
}

#[test]
fn a_push_without_a_stack_is_a_fault() {
    for device in Device::ALL {
        let mut machine = Machine::blank(device);
        let entry = *device.fram().start();
        machine.write(entry, &one(PUSH, 0, Src::R(9))[0].to_le_bytes()).unwrap();
        machine.cpu_mut().set_register(0, entry);
        let fault = machine.step().unwrap_err();
        assert!(matches!(fault.kind, FaultKind::Unmapped { .. }), "{device}: {fault}");
    }
}

#[test]
fn the_message_names_the_place() {
    let mut code = vec![0x4303, 0x4303];
    code.extend(two(MOV, 0, Src::Abs(0x1001), Dst::R(9)));
    let symbols = [Sym { name: "broken", address: 0x4402, size: 6, code: true }];
    let elf = Elf::load(&firmware(&code, &symbols)).unwrap();
    let mut machine = Machine::new(&elf, Device::Fr5994).unwrap();
    let fault = machine.run(&Limits::default(), &mut PowerSchedule::none()).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "access to unmapped address 0x1001, at pc 0x4404 (broken+0x2) after 2 cycles"
    );
}
