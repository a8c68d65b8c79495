//! StakeEasy: the list of modules, which is the map.
pub mod chart;
