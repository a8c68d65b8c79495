//! Tests against a real database, in one binary.

mod embedded;
mod figures;
mod harness;
