//! The panic handler, which release firmware must not contain.

use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    #[cfg(feature = "panic-never")]
    link_error();
    #[cfg(not(feature = "panic-never"))]
    loop {}
}

// Nothing defines this symbol: a handler that survives optimisation fails to link, and the name
// of the symbol is the message.
#[cfg(feature = "panic-never")]
unsafe extern "C" {
    #[link_name = "ERROR(msp430-support): this firmware can panic, see docs/device.md"]
    safe fn link_error() -> !;
}
