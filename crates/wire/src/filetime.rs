//! FILETIME (MS-DTYP 2.3.3), the time of MsvAvTimestamp and of the NTLMv2 response.

use core::fmt;
use core::time::Duration;

const TICKS_PER_SECOND: u64 = 10_000_000;
const SECONDS_PER_DAY: u64 = 86_400;

/// A moment in units of 100 nanoseconds since 1601-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileTime(u64);

impl FileTime {
    /// 1970-01-01 00:00 UTC, the beginning of Unix time.
    pub const UNIX_EPOCH: Self = Self(116_444_736_000_000_000);

    /// Takes a count of 100-nanosecond units since 1601.
    #[must_use]
    pub const fn from_ticks(ticks: u64) -> Self {
        Self(ticks)
    }

    /// The count of 100-nanosecond units since 1601.
    #[must_use]
    pub const fn ticks(self) -> u64 {
        self.0
    }

    /// A moment of Unix time in whole seconds; far beyond the range of FILETIME it is the last moment.
    #[must_use]
    pub const fn from_unix_seconds(seconds: u64) -> Self {
        Self(Self::UNIX_EPOCH.0.saturating_add(seconds.saturating_mul(TICKS_PER_SECOND)))
    }

    /// A moment of Unix time, as `SystemTime::duration_since(UNIX_EPOCH)` gives it; rounded down to 100 ns.
    #[must_use]
    pub fn from_unix(since_epoch: Duration) -> Self {
        let fraction = u64::from(since_epoch.subsec_nanos() / 100);
        Self(Self::from_unix_seconds(since_epoch.as_secs()).0.saturating_add(fraction))
    }

    /// The distance to another moment, whichever is the later.
    #[must_use]
    pub const fn abs_diff(self, other: Self) -> Duration {
        let ticks = self.0.abs_diff(other.0);
        Duration::from_micros(ticks / 10)
    }

    /// Reads the eight little-endian bytes; every value is a valid one.
    #[must_use]
    pub const fn from_le_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    /// The eight little-endian bytes of the wire.
    #[must_use]
    pub const fn to_le_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }
}

impl fmt::Display for FileTime {
    /// ISO 8601 in UTC: `2026-11-24T05:30:12.1234567Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, fraction) = (self.0 / TICKS_PER_SECOND, self.0 % TICKS_PER_SECOND);
        let (days, second) = (seconds / SECONDS_PER_DAY, seconds % SECONDS_PER_DAY);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:07}Z")
    }
}

/// Year, month and day of the proleptic Gregorian calendar, `days` after 1601-01-01.
#[expect(clippy::arithmetic_side_effects, reason = "the caller's days are below 2^25")]
const fn civil(days: u64) -> (u64, u64, u64) {
    // 1601 begins a cycle of 400 years, so its leap days fall at the end of each 4, 100 and 400 years.
    let (cycle, day) = (days / 146_097, days % 146_097);
    // The last century of a cycle and the last year of four are a day longer than the others.
    let century = if day == 146_096 { 3 } else { day / 36_524 };
    let day = day - century * 36_524;
    let (four, day) = (day / 1_461, day % 1_461);
    let single = if day == 1_460 { 3 } else { day / 365 };
    let day_of_year = day - single * 365;
    let leap = single == 3 && (four != 24 || century == 3);
    let year = 1601 + cycle * 400 + century * 100 + four * 4 + single;
    let mut rest = day_of_year;
    let mut month = 1;
    loop {
        let length = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if rest < length || month == 12 {
            return (year, month, rest + 1);
        }
        rest -= length;
        month += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::FileTime;
    use alloc::string::ToString;
    use core::time::Duration;

    #[test]
    fn dates_are_those_of_the_gregorian_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.0000000Z"),
            (951_782_399, "2000-02-28T23:59:59.0000000Z"),
            (951_782_400, "2000-02-29T00:00:00.0000000Z"),
            (978_220_800, "2000-12-31T00:00:00.0000000Z"),
            (1_709_164_800, "2024-02-29T00:00:00.0000000Z"),
            (1_735_603_200, "2024-12-31T00:00:00.0000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.0000000Z"),
            (253_402_300_799, "9999-12-31T23:59:59.0000000Z"),
        ] {
            assert_eq!(FileTime::from_unix_seconds(seconds).to_string(), text);
        }
        assert_eq!(FileTime::default().to_string(), "1601-01-01T00:00:00.0000000Z");
        assert_eq!(FileTime::from_ticks(u64::MAX).to_string(), "60056-05-28T05:36:10.9551615Z");
    }

    #[test]
    fn every_day_of_eight_centuries_follows_the_day_before() {
        let (mut year, mut month, mut day) = (1601, 1, 1);
        for days in 0..2 * 146_097 {
            assert_eq!(super::civil(days), (year, month, day));
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let february = if leap { 29 } else { 28 };
            let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            day += 1;
            if day > lengths[usize::try_from(month).unwrap() - 1] {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    #[test]
    fn fractions_of_a_second_are_kept_to_a_hundred_nanoseconds() {
        let time = FileTime::from_unix(Duration::new(1, 999_999_999));
        assert_eq!(time.to_string(), "1970-01-01T00:00:01.9999999Z");
        assert_eq!(FileTime::from_le_bytes(time.to_le_bytes()), time);
        assert_eq!(FileTime::from_unix(Duration::MAX), FileTime::from_ticks(u64::MAX));
    }

    #[test]
    fn the_distance_of_two_moments_has_no_sign() {
        let (early, late) = (FileTime::from_unix_seconds(10), FileTime::from_unix_seconds(70));
        assert_eq!(early.abs_diff(late), Duration::from_secs(60));
        assert_eq!(late.abs_diff(early), Duration::from_secs(60));
    }
}
