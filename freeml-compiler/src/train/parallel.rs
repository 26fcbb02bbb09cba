//! Work shared out to threads, item by item.

use std::sync::{Mutex, PoisonError};

/// Calls `work` once for every item, on `threads` threads, this one being among them.
///
/// Which thread takes which item is left to chance: `work` must write to its item only.
pub fn for_each<T: Send>(
    threads: usize,
    items: impl Iterator<Item = T> + Send,
    work: impl Fn(T) + Sync,
) {
    if threads <= 1 {
        return items.for_each(work);
    }
    let queue = Mutex::new(items);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || {
        while let Some(item) = next() {
            work(item);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
}
