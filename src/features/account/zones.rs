//! The time zones that the settings offer, in groups: those of most players first, then all by part of the world.

use chrono_tz::{TZ_VARIANTS, Tz};

/// A group of choices with its heading; each choice is (value, label).
pub type Group = (&'static str, Vec<(&'static str, String)>);

/// Where most of those who use it live.
const COMMON: [&str; 20] = [
    "Europe/London",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/Amsterdam",
    "Europe/Stockholm",
    "Europe/Helsinki",
    "Europe/Bucharest",
    "Europe/Moscow",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Toronto",
    "America/Sao_Paulo",
    "Asia/Tokyo",
    "Australia/Sydney",
    "UTC",
];

const REGIONS: [&str; 10] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
];

/// Every zone that is named after a place, each once. `chosen` is among them even if it has an older name.
pub fn groups(chosen: &str) -> Vec<Group> {
    let mut common: Vec<(&str, String)> = COMMON
        .into_iter()
        .map(|name| (name, name.replace('_', " ")))
        .collect();
    let named = |name: &str| {
        name.split_once('/')
            .is_some_and(|(region, _)| REGIONS.contains(&region))
    };
    if let Ok(zone) = chosen.parse::<Tz>()
        && !named(zone.name())
        && !COMMON.contains(&zone.name())
    {
        common.push((zone.name(), zone.name().replace('_', " ")));
    }
    let mut groups = vec![("Often used", common)];
    groups.extend(REGIONS.into_iter().map(|region| {
        let places = TZ_VARIANTS.iter().filter_map(|zone| {
            let (of, place) = zone.name().split_once('/')?;
            let offered = of == region && !COMMON.contains(&zone.name());
            offered.then(|| (zone.name(), place.replace('_', " ").replace('/', ", ")))
        });
        (region, places.collect())
    }));
    groups
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn offered(chosen: &str) -> Vec<&'static str> {
        let groups = groups(chosen);
        groups
            .into_iter()
            .flat_map(|(_, zones)| zones)
            .map(|(value, _)| value)
            .collect()
    }

    #[test]
    fn every_zone_is_offered_once_and_is_one() {
        let zones = offered("Europe/Helsinki");
        assert!(zones.len() > 400);
        assert_eq!(zones.iter().collect::<HashSet<_>>().len(), zones.len());
        assert!(zones.iter().all(|zone| zone.parse::<Tz>().is_ok()));
    }

    #[test]
    fn the_chosen_zone_is_always_offered() {
        for zone in ["UTC", "Asia/Calcutta", "GB", "Etc/GMT+5", "Europe/Kiev"] {
            assert!(offered(zone).contains(&zone), "{zone}");
        }
        assert!(!offered("no such zone").contains(&"no such zone"));
    }
}
