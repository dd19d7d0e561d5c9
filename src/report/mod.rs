//! Reports that people look at: pages, charts and curves as text; and the files that TensorBoard reads.
//!
//! This room turns metrics, histories and models into text and bytes. It opens no file but TensorBoard's, which grow
//! while training goes on, and it knows no terminal: what it returns is for its callers to write. A Cargo feature of
//! its own.

mod braille;
mod confusion;
mod curves;
mod filters;
mod gallery;
mod history;
mod page;
mod picture;
mod provenance;
mod reliability;
mod scale;
mod svg;
mod tables;
mod tensorboard;
mod text;

pub(crate) use braille::learning_curves;
pub(crate) use curves::chart;
pub(crate) use history::History;
pub(crate) use page::{Evaluation, page};
pub(crate) use tables::Corrupted;
pub(crate) use tensorboard::EventFile;
