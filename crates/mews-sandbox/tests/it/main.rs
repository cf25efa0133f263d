//! The sandbox as its users meet it: over real HTTP, in real files, as a real process.

mod admin;
mod bad_input;
mod binary;
mod data_file;
mod etiquette;
mod examples;
mod extents;
mod fault_details;
mod faults;
mod filters;
mod fixtures;
mod intervals;
mod limits;
mod pagination;
mod portfolio;
mod requests;
mod spec;
mod support;
mod surroundings;
mod voucher_codes;
mod vouchers;
