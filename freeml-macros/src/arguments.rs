//! The macro's arguments: a model and `name = value` options.

use std::path::PathBuf;

use freeml_compiler::{OPTION_NAMES, Options, Part};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprArray, ExprLit, ExprPath, ExprUnary, Ident, Lit, LitStr, Token, UnOp};

/// What the user wrote, with spans.
pub struct Arguments {
    /// Path of the `freeml` crate.
    pub root: TokenStream,
    model: LitStr,
    options: Vec<Setting>,
}

struct Setting {
    name: Ident,
    value: Expr,
}

impl Parse for Arguments {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        // The facade's wrapper puts `$crate` first.
        let root = input.parse::<TokenTree>()?.into_token_stream();
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
        let options = Punctuated::<Setting, Token![,]>::parse_terminated(input)?;
        Ok(Arguments { root, model, options: options.into_iter().collect() })
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
    /// The compiler's options, all wrong ones being reported at once.
    pub fn options(&self) -> syn::Result<Options> {
        let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        let mut options = Options::new(root, self.model.value());
        let mut errors: Option<syn::Error> = None;
        for (index, setting) in self.options.iter().enumerate() {
            let repeated = self.options[..index].iter().any(|other| other.name == setting.name);
            let outcome = if repeated {
                Err(syn::Error::new(
                    setting.name.span(),
                    format!("`{}` is given twice; keep one", setting.name),
                ))
            } else {
                setting.apply(&mut options)
            };
            match (outcome, &mut errors) {
                (Ok(()), _) => {}
                (Err(error), Some(errors)) => errors.combine(error),
                (Err(error), None) => errors = Some(error),
            }
        }
        errors.map_or(Ok(options), Err)
    }

    /// `error` at the argument that it is about.
    pub fn error(&self, error: &freeml_compiler::Error) -> syn::Error {
        let setting = match &error.part {
            Part::Model => None,
            Part::Option(name) => self.options.iter().find(|setting| setting.name == name),
        };
        match setting {
            Some(setting) => syn::Error::new_spanned(&setting.value, error),
            None => syn::Error::new(self.model.span(), error),
        }
    }
}

impl Setting {
    fn apply(&self, options: &mut Options) -> syn::Result<()> {
        let name = self.name.to_string();
        match name.as_str() {
            "name" => options.name = Some(self.name("a name, such as `name = Lenet`")?),
            "data" => {
                options.data = Some(self.text("a file, such as `data = \"net.npz\"`")?.into());
            }
            "device" => options.device = self.parse_word("a device, such as `device = fr5994`")?,
            "input" => options.input = Some(self.kind()?),
            "scale" => {
                let what = "a number, such as `scale = 255`";
                options.scale = Some(self.number(&self.value, what)?);
            }
            "mean" => options.mean = self.numbers()?,
            "std" => options.std = self.numbers()?,
            "seed" => options.seed = self.parse_word("a whole number, such as `seed = 1`")?,
            _ => {
                return Err(syn::Error::new(
                    self.name.span(),
                    format!("there is no option `{name}`; options are {}", OPTION_NAMES.join(", ")),
                ));
            }
        }
        Ok(())
    }

    fn expected(&self, what: &str) -> syn::Error {
        syn::Error::new_spanned(&self.value, format!("`{}` takes {what}", self.name))
    }

    fn text(&self, what: &str) -> syn::Result<String> {
        match &self.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.value()),
            _ => Err(self.expected(what)),
        }
    }

    fn name(&self, what: &str) -> syn::Result<String> {
        let name = self.word(what)?;
        syn::parse_str::<Ident>(&name).map_err(|_| self.expected(what))?;
        Ok(name)
    }

    /// A bare word, a string or a whole number, as text.
    fn word(&self, what: &str) -> syn::Result<String> {
        match &self.value {
            Expr::Path(ExprPath { path, .. }) => {
                path.get_ident().map(Ident::to_string).ok_or_else(|| self.expected(what))
            }
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => Ok(number.base10_digits().into()),
            _ => self.text(what),
        }
    }

    fn parse_word<T: std::str::FromStr<Err: std::fmt::Display>>(
        &self,
        what: &str,
    ) -> syn::Result<T> {
        self.word(what)?
            .parse()
            .map_err(|error: T::Err| syn::Error::new_spanned(&self.value, error))
    }

    fn kind(&self) -> syn::Result<freeml_compiler::Kind> {
        use freeml_compiler::Kind;
        let what = "`u8`, `i8` or `i16`, the type of raw samples";
        match self.word(what)?.as_str() {
            "u8" => Ok(Kind::U8),
            "i8" => Ok(Kind::I8),
            "i16" => Ok(Kind::I16),
            _ => Err(self.expected(what)),
        }
    }

    fn numbers(&self) -> syn::Result<Vec<f32>> {
        let what = "a number or one for each channel, such as `[0.5, 0.25, 0.25]`";
        match &self.value {
            Expr::Array(ExprArray { elems, .. }) => {
                elems.iter().map(|value| self.number(value, what)).collect()
            }
            value => self.number(value, what).map(|number| vec![number]),
        }
    }

    fn number(&self, value: &Expr, what: &str) -> syn::Result<f32> {
        match value {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse(),
            Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => number.base10_parse(),
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => Ok(-self.number(expr, what)?),
            _ => Err(self.expected(what)),
        }
    }
}
