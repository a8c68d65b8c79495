//! StakeEasy: the list of modules, which is the map.
