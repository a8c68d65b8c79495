//! Tests against a real database, in one binary.

mod account;
mod admin;
mod auth;
mod bad_input;
mod bankroll;
mod doctor;
mod email;
mod embedded;
mod figures;
mod harness;
mod idempotency;
mod layers;
mod limits;
mod mailed_codes;
mod matrix;
mod notices;
mod oauth;
mod passkeys;
mod passwords;
mod provider;
mod recommendations;
mod recommendations_risk;
mod second_factor;
mod security;
mod settings;
mod smoke;
