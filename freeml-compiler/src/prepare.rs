//! A network that is to be compressed, or is already.

use std::io;
use std::path::PathBuf;

use crate::artefact::{Artefact, Found, Key, Store};
use crate::compress::{self, Compressed, Summary, Watch};
use crate::data::{self, Dataset};
use crate::emit::Facts;
use crate::error::Error;
use crate::exits;
use crate::graph::Graph;
use crate::inputs::{self, Data, Inputs};
use crate::options::Options;
use crate::plan;
use crate::train::Layout;

/// Synthetic samples that a network without data is compressed with.
const SYNTHETIC_SAMPLES: usize = 1024;

/// What compresses: [`compress`](crate::compress::compress), or a stand-in for it.
pub type Compressor<'c> =
    dyn Fn(&Graph, &Dataset, &Options, usize, &mut Watch) -> Result<Compressed, Error> + 'c;

/// A network with its files, and the artefact that holds its compressed form.
#[derive(Debug)]
pub struct Job<'o> {
    options: &'o Options,
    inputs: Inputs,
    key: Key,
    store: Store,
}

impl<'o> Job<'o> {
    /// Reads the files of `options`.
    pub fn new(options: &'o Options) -> Result<Self, Error> {
        let inputs = Inputs::read(options)?;
        Ok(Job::of(options, inputs))
    }

    pub(crate) fn of(options: &'o Options, inputs: Inputs) -> Self {
        let data = if let Data::File(_, bytes) = &inputs.data { Some(&bytes[..]) } else { None };
        let key = Key::new(&inputs.model, data, options);
        let store = Store::new(&options.root, &options.stem());
        Job { options, inputs, key, store }
    }

    /// Path of the artefact, relative to the root.
    pub fn path(&self) -> PathBuf {
        self.store.path(&self.key)
    }

    /// Where the artefact lies, with others of the model's name.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Paths of model and data, as the user would name them.
    pub fn sources(&self) -> Vec<PathBuf> {
        self.inputs.sources(self.options)
    }

    /// The artefact, or why there is none. Where the data is missing, the artefact of the same
    /// model and options stands for it, with a note: artefacts are shared, large data may not be.
    pub fn find(&self) -> Result<Found, Error> {
        let found = self.store.find(&self.key);
        if matches!(found, Found::Fits(..)) && !matches!(self.inputs.data, Data::Missing(_)) {
            return Ok(found);
        }
        let missing = match &self.inputs.data {
            Data::File(..) => return Ok(found),
            Data::Missing(path) => Some(path),
            Data::None => None,
        };
        let mut fitting = self.store.of_any_data(&self.key);
        match (fitting.pop(), missing) {
            (Some((path, mut artefact)), _) if fitting.is_empty() => {
                let data =
                    missing.map_or("the data".into(), |path| format!("`{}`", path.display()));
                artefact.notes.push(format!(
                    "{data} is not there, so nobody can tell whether `{}` was made with it",
                    path.display()
                ));
                Ok(Found::Fits(path, Box::new(artefact)))
            }
            (Some((last, _)), Some(data)) => Err(Error::option(
                "data",
                format!(
                    "{}\n  and several prepared artefacts fit model and options, such as `{}`: \
                     delete those that are out of date",
                    inputs::missing(data),
                    last.display()
                ),
            )),
            (None, Some(data)) => Err(inputs::missing(data)),
            (_, None) => Ok(found),
        }
    }

    /// What is known without compressing.
    pub(crate) fn facts(&self) -> Result<Facts, Error> {
        let graph = self.inputs.graph(self.options)?;
        let data = self.inputs.dataset(self.options, &graph)?;
        let kind = inputs::input_kind(self.options, data.as_ref())?;
        Ok(Facts::unplanned(kind, graph.input_shape(), graph.classes()))
    }

    /// What is to be compressed.
    pub fn task(&self) -> Result<Task<'o>, Error> {
        let (options, mut notes) = (self.options, Vec::new());
        let mut graph = self.inputs.graph(options)?;
        let data = self.inputs.dataset(options, &graph)?;
        let kind = inputs::input_kind(options, data.as_ref())?;
        inputs::normalise(&mut graph, options, kind)?;
        let data = if let Some(data) = data {
            compress::check(&data)?;
            data
        } else if options.exits.is_some() {
            let message = "early exits are trained on samples: give `data`, or say `exits = none`";
            return Err(Error::option("exits", message));
        } else {
            notes.push(
                "compressed without data, on synthetic samples: give `data` for better accuracy"
                    .into(),
            );
            let samples =
                data::synthetic(SYNTHETIC_SAMPLES, graph.input_shape(), kind, options.seed);
            Dataset { kind, samples, labels: None }
        };
        Ok(Task { options, graph, data, notes })
    }

    /// Writes `artefact`; its path, relative to the root.
    pub fn write(&self, artefact: &Artefact) -> io::Result<PathBuf> {
        self.store.write(&self.key, artefact, self.inputs.time)
    }
}

/// A float network on raw samples, and the samples that it is compressed with, both checked.
#[derive(Debug)]
pub struct Task<'o> {
    options: &'o Options,
    graph: Graph,
    data: Dataset,
    notes: Vec<String>,
}

impl Task<'_> {
    /// Compresses the network.
    pub fn compress(
        self,
        compressor: &Compressor,
        threads: usize,
        watch: &mut Watch,
    ) -> Result<Artefact, Error> {
        let Task { options, graph, data, notes } = self;
        let (for_weights, exits) = shares(options);
        let compressor = if options.compress.is_some() { compressor } else { &keep_all };
        let compressed = compressor(&graph, &data, &for_weights, threads, watch)?;
        let Compressed { mut network, summary } = compressed;
        if let Some(plan) = exits {
            network = exits::add(&network, &plan, &data, options.seed, threads)?;
        }
        Ok(Artefact { network, summary, notes })
    }
}

/// Share of the bytes of constants that early exits get.
const EXIT_SHARE: u32 = 5;

/// The options of compression, whose limit of bytes leaves room for early exits, and these.
fn shares(options: &Options) -> (Options, Option<exits::Plan>) {
    let (mut options, mut exits) = (options.clone(), options.exits.clone());
    let limit = options.compress.as_mut().and_then(|budget| budget.fram.as_mut());
    if let (Some(bytes), Some(plan)) = (limit, &mut exits) {
        let share = *plan.bytes.get_or_insert(*bytes / EXIT_SHARE);
        *bytes = bytes.saturating_sub(share);
    }
    (options, exits)
}

/// Stands in for compression where its result does not matter: keeps all weights, as signed
/// bytes, and measures nothing.
pub fn keep_all(
    graph: &Graph,
    data: &Dataset,
    _options: &Options,
    _threads: usize,
    _watch: &mut Watch,
) -> Result<Compressed, Error> {
    let samples: Vec<Vec<i16>> =
        data.spread(crate::CALIBRATION_SAMPLES).map(<[i16]>::to_vec).collect();
    let network = crate::integer_network(graph, &samples, data.kind)?;
    let bytes = plan::plan(&network)?.constant_bytes();
    let weights = Layout::of(graph).prunable_weights();
    let summary = Summary {
        weights,
        kept: weights,
        bytes,
        validation: 0,
        float_correct: 0,
        correct: 0,
        separated: Vec::new(),
    };
    Ok(Compressed { network, summary })
}
