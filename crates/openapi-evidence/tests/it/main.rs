//! Documents of every form become facts.

mod comparison;
mod dialects;
mod round_trip;
mod support;
