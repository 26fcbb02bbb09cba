//! Compression of the public networks: bytes and device-exact accuracy.

use std::time::Instant;

use freeml_compiler::compress::{self, Progress};
use freeml_compiler::data::Dataset;
use freeml_compiler::{Budget, evaluate, float_graph, plan};

use crate::nets::NETS;
use crate::table::percent;

/// What to compress and how far.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// One network only.
    net: Option<String>,
    /// Bytes of constants.
    #[arg(long)]
    fram: Option<u32>,
    /// Points.
    #[arg(long)]
    drop: Option<f32>,
    #[arg(long)]
    plain: bool,
    #[arg(long)]
    nofeedback: bool,
    #[arg(long, default_value_t = 1.0)]
    effort: f32,
    #[arg(long, default_value_t = 0.1)]
    pressure: f32,
}

/// Measures.
pub fn run(arguments: &Options) -> anyhow::Result<()> {
    for net in NETS {
        if arguments.net.as_ref().is_some_and(|name| name != net.name) {
            continue;
        }
        let mut options = net.options();
        options.compress =
            Some(Budget { fram: arguments.fram, max_drop: arguments.drop, priority: None });
        let graph = float_graph(&options)?;
        let (shape, classes) = (graph.input_shape(), graph.classes());
        let data = Dataset::read(
            &options,
            options.data.as_deref().unwrap_or("".as_ref()),
            shape,
            classes,
        )?;
        let test = Dataset::read(&options, &net.test_set(), shape, classes)?;
        let method = compress::Method {
            separation: !arguments.plain,
            effort: arguments.effort,
            feedback: !arguments.nofeedback,
            pressure: arguments.pressure,
            ..Default::default()
        };
        let start = Instant::now();
        let mut last = (0, "");
        let mut watch = |progress: &Progress| {
            let tenth = progress.done * 10 / progress.total;
            if last != (tenth, progress.stage) {
                last = (tenth, progress.stage);
                eprintln!(
                    "{} {} {tenth}/10 kept {} acc {:.4} {:.0} s",
                    net.name,
                    progress.stage,
                    progress.kept,
                    progress.accuracy,
                    start.elapsed().as_secs_f64()
                );
            }
        };
        let found = compress::compress_by(&method, &graph, &data, &options, 2, &mut watch)?;
        let program = plan::plan(&found.network)?;
        println!("{} {:?}", net.name, found.summary);
        for layer in &program.layers {
            let kind = format!("{:?}", layer.kernel);
            println!(
                "  {} tables {} descr {} macs {} {}",
                layer.name,
                layer.tables.bytes(),
                layer.kernel.descriptor_bytes(),
                layer.macs,
                &kind[..kind.len().min(90)]
            );
        }
        println!(
            "{} bytes {} state {} test {:.2} in {:.0} s",
            net.name,
            program.constant_bytes(),
            program.state_bytes,
            percent(evaluate::correct(&program, &test), test.samples.len()),
            start.elapsed().as_secs_f64()
        );
    }
    Ok(())
}
