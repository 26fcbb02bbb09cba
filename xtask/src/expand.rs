//! Time of an expansion that finds its artefact.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use freeml_compiler::artefact::Found;
use freeml_compiler::prepare::{Job, keep_all};
use freeml_compiler::{Budget, Options, compile, expand, plan};

use crate::nets::{NETS, root};

/// Expansions that the least time is taken of, as others may use the machine.
const ROUNDS: u32 = 15;

/// Measures all networks with their train sets. The artefacts keep all weights, so real ones,
/// which are some tenth of their size, take less.
pub fn run() -> anyhow::Result<()> {
    let directory = root().join("target/bench-expand");
    for net in NETS {
        let mut options = net.options();
        fs::create_dir_all(&directory)?;
        for file in [Some(&options.model), options.data.as_ref()].into_iter().flatten() {
            fs::copy(root().join(file), directory.join(file.file_name().unwrap_or_default()))?;
        }
        options.data = options.data.as_deref().and_then(Path::file_name).map(Into::into);
        options.model = options.model.file_name().unwrap_or_default().into();
        options.root.clone_from(&directory);
        options.compress = Some(Budget::default());
        let job = Job::new(&options)?;
        let path = job.write(&job.task()?.compress(&keep_all, 1, &mut |_| {})?)?;
        let artefact = fs::metadata(directory.join(path))?.len();

        let (mut read, mut found, mut planned, mut whole) = (MOST, MOST, MOST, MOST);
        for _ in 0..ROUNDS {
            let job = timed(&mut read, || Job::new(&options))?;
            let Found::Fits(_, prepared) = timed(&mut found, || job.find())? else {
                anyhow::bail!("{}: the artefact is not found", net.name);
            };
            timed(&mut planned, || plan::plan(&prepared.network))?;
            let tokens = timed(&mut whole, || tokens(&options))?;
            ensure!(!tokens.is_empty(), "{}: nothing to expand to", net.name);
        }
        println!(
            "{}: {whole:.1?} in all, of it {read:.1?} reading and hashing, {found:.1?} decoding \
             {artefact} bytes, {planned:.1?} planning",
            net.name
        );
    }
    Ok(())
}

/// What the macro does.
fn tokens(options: &Options) -> anyhow::Result<proc_macro2::TokenStream> {
    let compiled = compile(options)?;
    Ok(expand(&compiled, options, &quote::quote!(::freeml))?)
}

/// More than anything takes.
const MOST: Duration = Duration::MAX;

/// Runs `work` and lets `least` be the least time that it has taken.
fn timed<T>(least: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    *least = start.elapsed().min(*least);
    result
}
