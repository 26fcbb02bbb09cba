//! The best classes.

use heapless::Vec;

use crate::{Engine, Memory, Network};

impl<N: Network, M: Memory> Engine<N, M> {
    /// The classes of the `K` largest logits of the last exit reached, each with its logit, the
    /// largest first; of equals the first class. None before the first exit.
    pub fn top<const K: usize>(&self) -> Vec<(u16, i32), K> {
        let mut top = Vec::new();
        let logits = self.reached().into_iter().flat_map(|(_, logits)| logits);
        for (logit, class) in logits.zip(0..) {
            if top.is_full() {
                if top.last().is_none_or(|&(_, least)| least >= logit) {
                    continue;
                }
                top.pop();
            }
            // There is room.
            let _ = top.push((class, logit));
            let mut entries = top.iter_mut().rev();
            let Some(mut entry) = entries.next() else { break };
            for above in entries {
                if above.1 >= logit {
                    break;
                }
                core::mem::swap(above, entry);
                entry = above;
            }
        }
        top
    }
}
