mod errors;
mod layers;
mod layouts;
mod norms;
