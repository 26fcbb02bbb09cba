//! Programs that check kernels and the support crate on the device by themselves.

use anyhow::{Context as _, ensure};
use freeml_sim::{Device, Limits, Machine, PowerSchedule, Stop};

use super::build;

/// Each program, and the lines that it prints if all is well.
const PROGRAMS: [(&str, &[&str]); 6] = [
    ("smoke", &["ram ok", "helpers ok", "sum ok"]),
    ("memory", &["memory ok"]),
    ("dense", &["dense ok"]),
    ("sparse", &["sparse ok"]),
    ("quads", &["quads ok"]),
    ("policies", &["policies ok"]),
];

/// Runs all of them.
pub fn run() -> anyhow::Result<()> {
    PROGRAMS.iter().try_for_each(|(name, lines)| check(name, lines).context(*name))
}

fn check(name: &str, lines: &[&str]) -> anyhow::Result<()> {
    let mut machine = Machine::new(&build::elf(name)?, Device::Fr5994)?;
    let stop = machine.run(&Limits::default(), &mut PowerSchedule::none())?;
    ensure!(stop == Stop::Done, "the program does not end: {stop:?}");
    let output = String::from_utf8_lossy(&machine.take_console()).into_owned();
    for line in lines {
        ensure!(output.lines().any(|printed| printed == *line), "no `{line}` in {output:?}");
    }
    println!("{name}: {}", lines.join(", "));
    Ok(())
}
