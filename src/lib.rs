//! StakeEasy: the list of modules, which is the map.

pub mod app;
pub mod chart;
pub mod cli;
pub mod config;
pub mod database;
pub mod disk;
pub mod email;
pub mod error;
pub mod events;
pub mod features;
pub mod ids;
pub mod jobs;
pub mod menu;
pub mod money;
pub mod notices;
pub mod outgoing;
pub mod poker;
pub mod private;
pub mod routes;
pub mod schedule;
pub mod seal;
pub mod submission;
pub mod telemetry;
pub mod text;
pub mod web;

/// Every change to the database's tables, in order.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();
