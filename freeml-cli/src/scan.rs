//! Calls of `freeml_model!` in source files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use freeml_compiler::arguments::Arguments;
use syn::visit::Visit;
use syn::{Attribute, Expr, ItemMod, Lit, Macro, Meta};

/// A call of `freeml_model!`.
pub struct Call {
    /// File and line.
    pub place: String,
    /// What it says, or why that cannot be read.
    pub arguments: syn::Result<Arguments>,
}

/// Source files that have been read, and the calls in them.
pub struct Scan {
    /// Where paths in messages start.
    base: PathBuf,
    seen: BTreeSet<PathBuf>,
    /// The calls in the order in which they appear.
    pub calls: Vec<Call>,
    /// Files that cannot be read or parsed, with the reason.
    pub failures: Vec<String>,
}

impl Scan {
    /// Begins with no file; paths in messages are relative to `base` where they can be.
    pub fn new(base: &Path) -> Self {
        let base = base.to_owned();
        Scan { base, seen: BTreeSet::new(), calls: Vec::new(), failures: Vec::new() }
    }

    /// Reads the target with the main file `file`, and the modules in files of their own. What a
    /// `cfg` leaves out is read all the same, and calls inside of other macros are not seen.
    pub fn target(&mut self, file: &Path) {
        let directory = file.parent().unwrap_or(Path::new(""));
        self.file(file, directory);
    }

    /// Reads `file`, whose modules are in files in `directory`.
    fn file(&mut self, file: &Path, directory: &Path) {
        if !self.seen.insert(file.to_owned()) {
            return;
        }
        let parsed = fs::read_to_string(file)
            .map_err(|error| error.to_string())
            .and_then(|text| syn::parse_file(&text).map_err(|error| error.to_string()));
        match parsed {
            Ok(parsed) => {
                let directory = directory.to_owned();
                Reader { scan: self, file, directory }.visit_file(&parsed);
            }
            Err(error) => self.failures.push(format!("{}: {error}", self.relative(file).display())),
        }
    }

    fn relative<'p>(&self, file: &'p Path) -> &'p Path {
        file.strip_prefix(&self.base).unwrap_or(file)
    }
}

/// Walks through one file.
struct Reader<'s> {
    scan: &'s mut Scan,
    file: &'s Path,
    /// Where files of modules are.
    directory: PathBuf,
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_macro(&mut self, call: &'a Macro) {
        let Some(name) = call.path.segments.last() else { return };
        if name.ident == "freeml_model" {
            let line = name.ident.span().start().line;
            let place = format!("{}:{line}", self.scan.relative(self.file).display());
            self.scan.calls.push(Call { place, arguments: call.parse_body() });
        }
    }

    fn visit_item_mod(&mut self, module: &'a ItemMod) {
        let name = module.ident.to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name);
        let outer = self.directory.clone();
        if module.content.is_some() {
            self.directory.push(path_attribute(&module.attrs).as_deref().unwrap_or(name));
            syn::visit::visit_item_mod(self, module);
        } else if let Some(path) = path_attribute(&module.attrs) {
            let file = self.file.parent().unwrap_or(Path::new("")).join(path);
            let directory = file.parent().map(Path::to_owned).unwrap_or_default();
            self.module(&file, &directory);
        } else {
            let directory = outer.join(name);
            let beside = directory.with_added_extension("rs");
            let file = if beside.exists() { beside } else { directory.join("mod.rs") };
            self.module(&file, &directory);
        }
        self.directory = outer;
    }
}

impl Reader<'_> {
    /// Reads the file of a module, which may be missing where a `cfg` leaves it out.
    fn module(&mut self, file: &Path, directory: &Path) {
        if file.exists() {
            self.scan.file(file, directory);
        }
    }
}

/// The value of `#[path = "..."]`.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(path) => Some(path.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}
