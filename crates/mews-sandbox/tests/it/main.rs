//! Tests of the sandbox over real HTTP, with real files and real processes.

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
