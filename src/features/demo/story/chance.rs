//! Time and chance.

use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveTime, Utc};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Story;
use crate::web::local_time;

impl Story<'_> {
    pub(super) fn now(&self) -> DateTime<Utc> {
        let time = NaiveTime::from_num_seconds_from_midnight_opt(self.clock.min(86_399), 0)
            .unwrap_or_default();
        let local = self.day.and_time(time);
        // There is always such a time: clocks are set at three in the morning, when nothing happens here.
        local_time::instant(self.zone, local).unwrap_or_else(|skipped| skipped.at())
    }

    pub(super) fn evening(&mut self) {
        let start = 18 * 3_600 + u32::try_from(self.roll(0..=3_000)).unwrap_or_default();
        self.clock = self.clock.max(start);
    }

    /// Lets some minutes go by.
    pub(super) fn wait(&mut self, minutes: RangeInclusive<i64>) {
        let seconds = self.roll(minutes.start() * 60..=minutes.end() * 60);
        self.clock += u32::try_from(seconds).unwrap_or_default();
    }

    pub(super) fn roll(&mut self, range: RangeInclusive<i64>) -> i64 {
        self.rng.random_range(range)
    }

    pub(super) fn chance(&mut self, per_mille: i64) -> bool {
        self.roll(1..=1_000) <= per_mille
    }

    pub(super) fn index(&mut self, length: usize) -> usize {
        self.rng.random_range(0..length)
    }

    /// About normal: most within one of zero, nearly all within three.
    pub(super) fn noise(&mut self) -> Decimal {
        let sum: i64 = (0..12).map(|_| self.rng.random_range(-500..=500_i64)).sum();
        Decimal::new(sum, 3)
    }
}

pub(super) fn random_id(rng: &mut ChaCha8Rng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.random()).into_uuid()
}
