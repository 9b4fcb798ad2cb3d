import Glibc

/// A date and time of day in no particular zone, and its way to and from Unix seconds.
public struct LocalTime: Equatable, Sendable {
    /// The year, such as 2018; 1 to 9999.
    public let year: Int
    /// The month, 1 to 12.
    public let month: Int
    /// The day of the month, from 1.
    public let day: Int
    /// The hour, 0 to 23.
    public let hour: Int
    /// The minute, 0 to 59.
    public let minute: Int
    /// The second, 0 to 59.
    public let second: Int

    /// Checks each field; nil for a date or time that no calendar has, such as 30 February.
    public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard (1...9999).contains(year), (1...12).contains(month),
            (1...LocalTime.dayCount(year: year, month: month)).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// The fields of an instant in UTC.
    ///
    /// - Parameter unixSeconds: Since 1970; clamped to the years 1 to 9999.
    public init(utcSeconds unixSeconds: Int) {
        let clamped = min(max(unixSeconds, -62_135_596_800), 253_402_300_799)
        // Rounded down, not towards zero: a second before 1970 belongs to the day before.
        let days = clamped >= 0 ? clamped / 86_400 : -((86_399 - clamped) / 86_400)
        let rest = clamped - days * 86_400
        let date = LocalTime.civil(fromDays: days)
        (year, month, day) = date
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
    }

    /// The instant this names in the host's zone (`TZ`, else `/etc/localtime`), by `mktime`.
    ///
    /// A time that a clock change skips moves by the change; one that it repeats is taken as `mktime` takes it.
    ///
    /// - Returns: Unix seconds; nil if the C library cannot represent it.
    public func unixSecondsInHostZone() -> Int? {
        // Whether summer time holds on that day is for the zone's rules to say: -1. mktime answers -1 both for an
        // error and for the second before 1970; only success fills in the weekday.
        var fields = unsafe tm(
            tm_sec: Int32(second), tm_min: Int32(minute), tm_hour: Int32(hour), tm_mday: Int32(day),
            tm_mon: Int32(month - 1), tm_year: Int32(year - 1900), tm_wday: -1, tm_yday: 0, tm_isdst: -1, tm_gmtoff: 0,
            tm_zone: nil)
        let seconds = unsafe mktime(&fields)
        return unsafe fields.tm_wday == -1 ? nil : Int(seconds)
    }

    /// The instant this names in UTC, in Unix seconds.
    public func unixSecondsInUTC() -> Int {
        LocalTime.days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// `2018-12-26T00:00:00Z`: ISO 8601, for an instant in Unix seconds.
    public static func utcText(unixSeconds: Int) -> String {
        let time = LocalTime(utcSeconds: unixSeconds)
        let date = "\(padded(time.year, 4))-\(padded(time.month, 2))-\(padded(time.day, 2))"
        return "\(date)T\(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2))Z"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func dayCount(year: Int, month: Int) -> Int {
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
        switch month {
        case 2: return leap ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }

    /// Days since 1970-01-01, counted in years that begin in March: the leap day is then the year's last.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }

    private static func civil(fromDays days: Int) -> (Int, Int, Int) {
        // The average year gives the right year or one too many at its edge.
        var year = (days + 719_468) * 400 / 146_097
        if days < LocalTime.days(year: year, month: 3, day: 1) { year -= 1 }
        if days >= LocalTime.days(year: year + 1, month: 3, day: 1) { year += 1 }
        let dayOfYear = days - LocalTime.days(year: year, month: 3, day: 1)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        return (month < 10 ? year : year + 1, month < 10 ? month + 3 : month - 9, day)
    }
}
