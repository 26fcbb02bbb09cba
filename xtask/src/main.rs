//! Developer commands: `cargo xtask bench accuracy`, `cargo xtask device`.
#![forbid(unsafe_code)]

mod accuracy;
mod compress;
mod device;
mod energy;
mod exits;
mod expand;
mod nets;
mod table;

use clap::{Parser, Subcommand};

#[derive(Parser)]
enum Command {
    /// Measurements that take minutes; tables go to docs/results.
    #[command(subcommand)]
    Bench(Bench),
    /// Builds the firmware examples, checks them on the simulator and compares their cycles
    /// and bytes with the committed baseline.
    Device {
        /// Writes the baseline instead of comparing.
        #[arg(long)]
        bless: bool,
    },
}

#[derive(Subcommand)]
enum Bench {
    /// Compression of the public networks.
    Compress(compress::Options),
    /// Float and integer accuracy of all public networks on their test sets.
    Accuracy,
    /// The firmware examples on the simulator, layer by layer, with that of `cifar10_s` where
    /// its model is beside the repository.
    Device,
    /// Early exits of the public networks, against other forms of them.
    Exits {
        /// This network only.
        net: Option<String>,
    },
    /// The firmware example with early exits on harvested energy, policy by policy.
    Energy,
    /// Time of the macro where the networks are prepared.
    Expand,
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Bench(Bench::Compress(options)) => compress::run(&options),
        Command::Bench(Bench::Accuracy) => accuracy::run(),
        Command::Bench(Bench::Device) => device::bench(),
        Command::Bench(Bench::Exits { net }) => exits::run(net.as_deref()),
        Command::Bench(Bench::Energy) => energy::run(),
        Command::Bench(Bench::Expand) => expand::run(),
        Command::Device { bless } => device::run(bless),
    }
}
