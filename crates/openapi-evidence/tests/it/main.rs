//! Documents of every form become facts.

mod dialects;
mod round_trip;
mod support;
