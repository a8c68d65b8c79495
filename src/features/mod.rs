//! The list of features.

pub mod auth;
pub mod currency;
pub mod demo;
