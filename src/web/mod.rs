//! How we speak HTTP and HTML.

pub mod listener;
