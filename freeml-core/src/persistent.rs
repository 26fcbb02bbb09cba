//! The static that holds a model's state in FRAM.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

use crate::Fram;

/// State of one model, `WORDS` 16-bit words that survive power failures.
///
/// Generated code places it in the link section `.freeml`, which the linker fragment
/// `freeml.x` puts into FRAM and which nothing initialises: at the first boot it holds
/// whatever was there before, and the [`Engine`](crate::Engine) recognises that.
#[repr(transparent)]
#[derive(Debug)]
pub struct Persistent<const WORDS: usize> {
    words: UnsafeCell<MaybeUninit<[u16; WORDS]>>,
}

// SAFETY: the only access is through `take`, which hands out the words once in a boot.
unsafe impl<const WORDS: usize> Sync for Persistent<WORDS> {}

impl<const WORDS: usize> Persistent<WORDS> {
    /// Storage whose contents the program does not define.
    #[allow(clippy::new_without_default, reason = "only for statics")]
    pub const fn new() -> Self {
        // Zeros only where the loader initialises the section, as a host does.
        Persistent { words: UnsafeCell::new(MaybeUninit::zeroed()) }
    }

    /// The memory, the first time in a boot; `None` afterwards.
    ///
    /// # Safety
    /// Every call for this storage passes the same `taken`, which lies in RAM that start-up
    /// code initialises.
    pub unsafe fn take(&'static self, taken: &'static Taken) -> Option<Fram> {
        if taken.set() {
            return None;
        }
        linked();
        // The contents are older than the program: the optimiser must not think it knows them.
        let words = core::hint::black_box(self.words.get());
        // SAFETY: `taken` lets one caller pass in a boot, so the reference is unique. Any bit
        // pattern is a valid word, and FRAM cells always hold one.
        let words = unsafe { (*words).assume_init_mut() };
        Some(Fram::new(words))
    }
}

/// The state of `$words` words of the model that the expansion site stands for: an
/// `Option<Fram>`, `None` from the second time on.
#[doc(hidden)]
#[macro_export]
macro_rules! take_state {
    ($words:expr) => {{
        #[cfg_attr(target_os = "none", unsafe(link_section = ".freeml"))]
        static STATE: $crate::Persistent<{ $words }> = $crate::Persistent::new();
        static TAKEN: $crate::Taken = $crate::Taken::new();
        // SAFETY: both statics are local to this block.
        unsafe { STATE.take(&TAKEN) }
    }};
}

/// Makes a program that is linked without `freeml.x`, whose state would be lost with the
/// power, a link error.
fn linked() {
    #[cfg(target_arch = "msp430")]
    {
        unsafe extern "C" {
            // Defined by `freeml.x`: pass it to the linker with -Tfreeml.x.
            static __freeml_start: u8;
        }
        core::hint::black_box(&raw const __freeml_start);
    }
}

/// Says whether a [`Persistent`] was taken since the last reset.
#[derive(Debug)]
pub struct Taken(flag::Flag);

impl Taken {
    /// Not taken yet.
    #[allow(clippy::new_without_default, reason = "only for statics")]
    pub const fn new() -> Self {
        Taken(flag::Flag::new())
    }

    /// Sets the flag and returns its previous value, in one piece.
    fn set(&self) -> bool {
        self.0.set()
    }
}

#[cfg(target_has_atomic = "8")]
mod flag {
    use core::sync::atomic::{AtomicBool, Ordering};

    #[derive(Debug)]
    pub(super) struct Flag(AtomicBool);

    impl Flag {
        pub(super) const fn new() -> Self {
            Flag(AtomicBool::new(false))
        }

        pub(super) fn set(&self) -> bool {
            self.0.swap(true, Ordering::AcqRel)
        }
    }
}

#[cfg(target_arch = "msp430")]
mod flag {
    use core::cell::UnsafeCell;

    #[derive(Debug)]
    pub(super) struct Flag(UnsafeCell<u16>);

    // SAFETY: the word is read and written with interrupts off, on a single core.
    unsafe impl Sync for Flag {}

    impl Flag {
        pub(super) const fn new() -> Self {
            Flag(UnsafeCell::new(0))
        }

        pub(super) fn set(&self) -> bool {
            let before: u16;
            // SAFETY: touches this word only; interrupts are off in between and their state
            // is restored from the saved status register. The CPU wants a `nop` around what may
            // change whether they are on.
            unsafe {
                core::arch::asm!(
                    "push r2", "dint", "nop",
                    "mov @r12, r13",
                    "mov #1, 0(r12)",
                    "nop", "pop r2", "nop",
                    in("r12") self.0.get(),
                    out("r13") before,
                );
            }
            before != 0
        }
    }
}
