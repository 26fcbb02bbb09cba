//! What a user writes between the parentheses of `freeml_model!`: a model and
//! `name = value` options, the same for the macro and for `cargo freeml`.

mod value;

use std::path::Path;

use proc_macro2::Span;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Token};

use crate::error::{Error, Part};
use crate::options::{OPTION_NAMES, Options};

/// Options that limit compression.
const LIMITS: [&str; 4] = ["fram", "max_drop", "priority", "optimise"];

/// What the user wrote, with spans.
pub struct Arguments {
    model: LitStr,
    settings: Vec<Setting>,
}

struct Setting {
    name: Ident,
    value: Expr,
}

impl Parse for Arguments {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.is_empty() {
            return Err(syn::Error::new(
                Span::call_site(),
                "name the ONNX file: freeml_model!(\"models/net.onnx\")",
            ));
        }
        let model = input.parse().map_err(|error| {
            syn::Error::new(
                error.span(),
                "the ONNX file comes first, in quotes: freeml_model!(\"models/net.onnx\")",
            )
        })?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        let settings = Punctuated::<Setting, Token![,]>::parse_terminated(input)?;
        Ok(Arguments { model, settings: settings.into_iter().collect() })
    }
}

impl Parse for Setting {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let name: Ident = input.parse()?;
        if !input.peek(Token![=]) {
            return Err(input.error(format!("options are given as `{name} = value`")));
        }
        input.parse::<Token![=]>()?;
        let mut value = input.parse()?;
        // What a surrounding `macro_rules!` passes on as `$value:expr` comes in a group.
        while let Expr::Group(group) = value {
            value = *group.expr;
        }
        Ok(Setting { name, value })
    }
}

impl Arguments {
    /// The arguments `model` and `settings`, names with values as the macro takes them.
    ///
    /// # Errors
    /// If a value is no Rust expression.
    pub fn new<'t>(
        model: &str,
        settings: impl IntoIterator<Item = (&'static str, &'t str)>,
    ) -> syn::Result<Self> {
        let setting = |(name, value): (&'static str, &str)| {
            let value = syn::parse_str(value).map_err(|_| {
                syn::Error::new(Span::call_site(), format!("`{name}` cannot be `{value}`"))
            })?;
            Ok(Setting { name: Ident::new(name, Span::call_site()), value })
        };
        Ok(Arguments {
            model: LitStr::new(model, Span::call_site()),
            settings: settings.into_iter().map(setting).collect::<syn::Result<_>>()?,
        })
    }

    /// The compiler's options for paths relative to `root`, all wrong ones being reported at
    /// once.
    pub fn options(&self, root: &Path) -> syn::Result<Options> {
        let mut options = Options::new(root, self.model.value());
        let mut errors: Option<syn::Error> = None;
        for (index, setting) in self.settings.iter().enumerate() {
            let applied =
                self.check(index, setting).and_then(|()| value::apply(setting, &mut options));
            match (applied, &mut errors) {
                (Ok(()), _) => {}
                (Err(error), Some(errors)) => errors.combine(error),
                (Err(error), None) => errors = Some(error),
            }
        }
        errors.map_or(Ok(options), Err)
    }

    /// Whether setting number `index` agrees with the others.
    fn check(&self, index: usize, setting: &Setting) -> syn::Result<()> {
        let Setting { name, .. } = setting;
        if !OPTION_NAMES.iter().any(|known| name == known) {
            let known = OPTION_NAMES.join(", ");
            let message = format!("there is no option `{name}`; options are {known}");
            return Err(syn::Error::new(name.span(), message));
        }
        if self.settings[..index].iter().any(|other| other.name == *name) {
            let message = format!("`{name}` is given twice; keep one");
            return Err(syn::Error::new(name.span(), message));
        }
        let no_exits = |other: &Setting| other.name == "exits" && other.is("none");
        if name == "exit_bytes" && self.settings.iter().any(no_exits) {
            let message =
                "`exit_bytes` limits early exits, which `exits = none` turns off; keep one";
            return Err(syn::Error::new(name.span(), message));
        }
        let off = |other: &Setting| other.name == "compress" && other.is("none");
        if LIMITS.iter().any(|limit| name == limit) && self.settings.iter().any(off) {
            let message =
                format!("`{name}` limits compression, which `compress = none` turns off; keep one");
            return Err(syn::Error::new(name.span(), message));
        }
        Ok(())
    }

    /// `error` at the argument that it is about.
    pub fn error(&self, error: &Error) -> syn::Error {
        let setting = match &error.part {
            Part::Model => None,
            Part::Option(name) => self.settings.iter().find(|setting| setting.name == name),
        };
        match setting {
            Some(setting) => syn::Error::new_spanned(&setting.value, error),
            None => syn::Error::new(self.model.span(), error),
        }
    }

    /// Where the model is named.
    pub fn span(&self) -> Span {
        self.model.span()
    }
}

impl Setting {
    /// Whether the value is the bare word `word`.
    fn is(&self, word: &str) -> bool {
        let value = &self.value;
        quote!(#value).to_string() == word
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exits::{Plan, Taps};
    use crate::options::{Budget, Optimise, Priority};

    fn options(text: &str) -> Result<Options, String> {
        let arguments: Arguments = syn::parse_str(text).map_err(|error| error.to_string())?;
        arguments.options(Path::new("root")).map_err(|error| {
            error.into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("\n")
        })
    }

    #[test]
    fn limits_make_a_budget() {
        let given = options(r#""a.onnx", fram = 5_000, max_drop = 1, priority = fram"#).unwrap();
        let budget =
            Budget { fram: Some(5000), max_drop: Some(1.0), priority: Some(Priority::Fram) };
        assert_eq!(given.compress, Some(budget));
        assert_eq!(options(r#""a.onnx""#).unwrap().compress, Some(Budget::default()));
        assert_eq!(
            options(r#""a.onnx", compress = auto"#).unwrap().compress,
            Some(Budget::default())
        );
        assert_eq!(options(r#""a.onnx", compress = none"#).unwrap().compress, None);
    }

    #[test]
    fn exits_are_named_or_found() {
        let exits = |text: &str| options(&format!(r#""a.onnx", {text}"#)).map(|given| given.exits);
        assert_eq!(options(r#""a.onnx""#).unwrap().exits, None);
        assert_eq!(exits("exits = none"), Ok(None));
        assert_eq!(exits("exits = auto"), Ok(Some(Plan::default())));
        let named = Plan { taps: Taps::Named(vec!["a".into(), "b".into()]), bytes: Some(900) };
        assert_eq!(exits(r#"exits = ["a", "b"], exit_bytes = 900"#), Ok(Some(named.clone())));
        assert_eq!(exits(r#"exit_bytes = 900, exits = ["a", "b"]"#), Ok(Some(named)));
        for wrong in ["exits = []", "exits = 3", "exits = [a]", "exits = all"] {
            assert!(exits(wrong).unwrap_err().contains("`exits` takes"), "{wrong}");
        }
        assert!(exits("exits = none, exit_bytes = 9").unwrap_err().contains("turns off"));
    }

    #[test]
    fn compression_favours_size_or_speed() {
        let favours = |text: &str| options(&format!(r#""a.onnx", {text}"#)).map(|o| o.optimise);
        assert_eq!(options(r#""a.onnx""#).unwrap().optimise, Optimise::Auto);
        assert_eq!(favours("optimise = speed"), Ok(Optimise::Speed));
        assert_eq!(favours("optimise = size"), Ok(Optimise::Size));
        assert!(favours("optimise = both").unwrap_err().contains("size, speed or auto"));
        assert!(favours("optimise = speed, compress = none").unwrap_err().contains("turns off"));
    }

    #[test]
    fn limits_of_nothing_are_refused() {
        let text = options(r#""a.onnx", fram = 1, compress = none, max_drop = 1"#).unwrap_err();
        assert_eq!(text.matches("turns off").count(), 2, "{text}");
    }

    #[test]
    fn texts_are_read_as_the_macro_reads_them() {
        let texts = [("data", "\"a b.npz\""), ("mean", "[0.5, -1]"), ("device", "fr2355")];
        let arguments = Arguments::new("net.onnx", texts).unwrap();
        let written =
            options(r#""net.onnx", data = "a b.npz", mean = [0.5, -1], device = fr2355"#).unwrap();
        assert_eq!(arguments.options(Path::new("root")).unwrap(), written);
        assert!(Arguments::new("net.onnx", [("seed", ")")]).is_err());
    }
}
