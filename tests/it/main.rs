//! Tests against a real database, in one binary.

mod bankroll;
mod embedded;
mod figures;
mod harness;
mod idempotency;
mod layers;
mod security;
