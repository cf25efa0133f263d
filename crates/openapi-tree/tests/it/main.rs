//! Documents are read with the position of everything, and traversed in one way.

#![allow(clippy::expect_used, reason = "a test that cannot continue has failed")]

mod loading;
mod references;
mod rules;
mod traversal;
