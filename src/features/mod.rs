//! The features, in the order in which they may use one another.

pub mod audit;
pub mod auth;
pub mod currency;

pub mod bankroll;
pub mod tools;

pub mod goals;

pub mod achievements;
pub mod recommendations;

pub mod demo;

pub mod account;
pub mod pages;

pub mod home;

pub mod admin;
