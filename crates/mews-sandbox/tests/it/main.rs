//! The sandbox as its users meet it: over real HTTP, in real files, as a real process.

mod admin;
mod bad_input;
mod binary;
mod blocking;
mod compression;
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
mod memory;
mod page;
mod pagination;
mod portfolio;
mod requests;
mod spec;
mod stubs;
mod support;
mod tour;
mod voucher_codes;
mod vouchers;
