//! Points in time on the wire: RFC 3339, UTC, milliseconds, `Z`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Milliseconds since the Unix epoch. On the wire `2026-07-28T09:13:00.000Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Whole seconds from `now` until this moment, rounded up, never negative.
    pub fn seconds_after(self, now: Timestamp) -> i64 {
        let milliseconds = (self.0 - now.0).max(0);
        milliseconds / 1000 + i64::from(milliseconds % 1000 > 0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let moment: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
        Ok(Self(moment.as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_rfc_3339_in_utc_with_milliseconds() {
        let moment = Timestamp(1_784_884_380_250);
        let json = serde_json::to_string(&moment).unwrap();
        assert_eq!(json, "\"2026-07-24T09:13:00.250Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), moment);
        assert_eq!(serde_json::from_str::<Timestamp>("\"2026-07-24T11:13:00.25+02:00\"").unwrap(), moment);
        assert!(serde_json::from_str::<Timestamp>("\"yesterday\"").is_err());
    }

    #[test]
    fn seconds_left_are_rounded_up_and_end_at_zero() {
        let left = |ms| Timestamp(ms).seconds_after(Timestamp(0));
        assert_eq!([left(120_000), left(119_001), left(1), left(0), left(-5)], [120, 120, 1, 0, 0]);
    }
}
