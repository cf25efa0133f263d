//! The import of documents in every format, and the comparison of their facts.

mod comparison;
mod dialects;
mod round_trip;
mod support;
