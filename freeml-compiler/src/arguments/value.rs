//! Values of options.

use std::fmt::Display;
use std::str::FromStr;

use freeml_core::Kind;
use syn::{Expr, ExprArray, ExprLit, ExprPath, ExprUnary, Ident, Lit, UnOp};

use super::Setting;
use crate::exits::{Plan, Taps};
use crate::options::{Budget, Options};

/// Sets what `setting` says.
pub fn apply(setting: &Setting, options: &mut Options) -> syn::Result<()> {
    match setting.name.to_string().as_str() {
        "name" => options.name = Some(setting.name("a name, such as `name = Lenet`")?),
        "data" => {
            options.data = Some(setting.text("a file, such as `data = \"net.npz\"`")?.into());
        }
        "device" => options.device = setting.parse_word("a device, such as `device = fr5994`")?,
        "input" => options.input = Some(setting.kind()?),
        "scale" => {
            let what = "a number, such as `scale = 255`";
            options.scale = Some(setting.number(&setting.value, what)?);
        }
        "mean" => options.mean = setting.numbers()?,
        "std" => options.std = setting.numbers()?,
        "seed" => options.seed = setting.whole("a whole number, such as `seed = 1`")?,
        "compress" => {
            let what = "`auto` or `none`";
            options.compress = match setting.word(what)?.as_str() {
                "auto" => Some(options.compress.unwrap_or_default()),
                "none" => None,
                _ => return Err(setting.expected(what)),
            }
        }
        "fram" => {
            let what = "bytes of constants, such as `fram = 5000`";
            let bytes = setting.whole(what)?;
            budget(options).fram = Some(bytes);
        }
        "max_drop" => {
            let what = "points of validation accuracy, such as `max_drop = 0.5`";
            let points = setting.number(&setting.value, what)?;
            if !(0.0..=100.0).contains(&points) {
                return Err(setting.expected(what));
            }
            budget(options).max_drop = Some(points);
        }
        "priority" => {
            let what = "`fram` or `accuracy`, the limit that holds if both cannot";
            budget(options).priority = Some(setting.parse_word(what)?);
        }
        "optimise" => {
            options.optimise = setting.parse_word("`size`, `speed` or `auto`")?;
        }
        "exits" => options.exits = setting.exits(options.exits.take())?,
        "exit_bytes" => {
            let bytes =
                setting.whole("bytes of constants for early exits, such as `exit_bytes = 1500`")?;
            options.exits.get_or_insert_default().bytes = Some(bytes);
        }
        _ => {}
    }
    Ok(())
}

fn budget(options: &mut Options) -> &mut Budget {
    options.compress.get_or_insert_default()
}

impl Setting {
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

    fn parse_word<T: FromStr<Err: Display>>(&self, what: &str) -> syn::Result<T> {
        self.word(what)?
            .parse()
            .map_err(|error: T::Err| syn::Error::new_spanned(&self.value, error))
    }

    fn whole<T: FromStr>(&self, what: &str) -> syn::Result<T> {
        self.word(what)?.parse().map_err(|_| self.expected(what))
    }

    fn kind(&self) -> syn::Result<Kind> {
        let what = "`u8`, `i8` or `i16`, the type of raw samples";
        match self.word(what)?.as_str() {
            "u8" => Ok(Kind::U8),
            "i8" => Ok(Kind::I8),
            "i16" => Ok(Kind::I16),
            _ => Err(self.expected(what)),
        }
    }

    /// Early exits with the limits that `given` has.
    fn exits(&self, given: Option<Plan>) -> syn::Result<Option<Plan>> {
        let what = "`auto`, `none`, or the layers that have one, such as `[\"conv1\", \"conv2\"]`";
        let taps = match &self.value {
            Expr::Array(ExprArray { elems, .. }) if !elems.is_empty() => {
                let name = |value: &Expr| match value {
                    Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.value()),
                    _ => Err(self.expected(what)),
                };
                Taps::Named(elems.iter().map(name).collect::<syn::Result<_>>()?)
            }
            Expr::Path(_) => match self.word(what)?.as_str() {
                "auto" => Taps::Auto,
                "none" => return Ok(None),
                _ => return Err(self.expected(what)),
            },
            _ => return Err(self.expected(what)),
        };
        Ok(Some(Plan { taps, ..given.unwrap_or_default() }))
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
