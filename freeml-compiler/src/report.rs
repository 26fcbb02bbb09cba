//! What a program costs, and whether its device holds it.

use std::fmt::Write as _;

use crate::device::Device;
use crate::error::Error;
use crate::program::Program;

/// Number of layers that an error lists.
const LISTED: usize = 4;

/// Bytes that one static may have where pointers have 16 bits.
const LARGEST_STATIC: usize = 32_767;

/// Checks that constants and state fit into the FRAM of `device`.
pub fn check_device(program: &Program, device: Device) -> Result<(), Error> {
    let (constants, state) = (program.constant_bytes(), program.state_bytes);
    let Some(fram) = device.fram() else { return Ok(()) };
    let fram = usize::try_from(fram).unwrap_or(usize::MAX);
    if constants + state <= fram {
        return check_statics(program);
    }
    let place = match device {
        Device::Bytes(_) => "the device".into(),
        named => named.to_string(),
    };
    let mut message = format!(
        "the network needs {} bytes of FRAM ({constants} of constants, {state} of state), {place} \
         has {fram} for them and the code\n  largest layers:",
        constants + state
    );
    let mut layers: Vec<_> = program.layers.iter().collect();
    layers.sort_by_key(|layer| std::cmp::Reverse(layer.constant_bytes()));
    for layer in layers.iter().take(LISTED) {
        let output = layer.kernel.output().tensor.bytes();
        let _ = write!(
            message,
            "\n    `{}`: {} bytes of constants, {output} of results",
            layer.name,
            layer.constant_bytes()
        );
    }
    message.push_str(if constants > fram / 2 {
        "\n  train a network with smaller layers where these are largest"
    } else {
        "\n  pool or stride earlier, so that activations shrink"
    });
    message.push_str(", choose a larger `device`, or say `device = host` to run it on a computer");
    Err(Error::option("device", message))
}

/// Checks that no static is too large for a 16-bit target.
fn check_statics(program: &Program) -> Result<(), Error> {
    let weights = program.layers.iter().map(|layer| layer.tables.weights.len()).max().unwrap_or(0);
    let state = program.state_bytes;
    if state.max(weights) <= LARGEST_STATIC {
        return Ok(());
    }
    Err(Error::option(
        "device",
        format!(
            "{state} bytes of state and {weights} bytes of weights in the largest layer: a 16-bit \
             target holds at most {LARGEST_STATIC} in one static; train smaller layers or pool \
             earlier, or say `device = host` to run it on a computer"
        ),
    ))
}
