//! The mathematics of poker. Pure numbers: nothing here knows the rest of the program.

pub mod risk;
