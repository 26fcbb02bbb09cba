//! Steps whose channels are taken a position at a time.

use crate::mac::{Channels, Place, Prepared};
use crate::tensor::Cursor;
use crate::{Field, Memory, Output};

/// Stores the elements of a step from `cursor` on, with windows of `field`.
#[cfg_attr(target_arch = "msp430", inline(never))]
pub(super) fn positions<M: Memory>(
    channels: &Channels<'_>,
    field: &Field,
    output: &Output,
    memory: &mut M,
    cursor: &mut Cursor,
) {
    let mut prepared = Prepared::new(channels);
    let mut at = field.place(cursor.y, cursor.x);
    while cursor.left != 0 {
        let count = cursor.beside(&output.tensor);
        let place = Place {
            elements: at.wrapping_add(channels.offset(cursor.channel)),
            output: cursor.at,
            residual: channels.residual.map_or(0, |residual| residual.place(cursor)),
            channel: cursor.channel,
            count,
        };
        channels.store(&mut prepared, memory, &place);
        cursor.advance_beside(memory, &output.tensor, count);
        at = if cursor.x == 0 {
            field.place(cursor.y, cursor.x)
        } else {
            at.wrapping_add(field.col_stride)
        };
    }
}
