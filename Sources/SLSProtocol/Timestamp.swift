/// A time of day as the service counts it: whole seconds since 1970, UTC. For log times and cursors, never for timeouts.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let seconds: Int

    /// A time by its distance from 1970.
    public init(seconds: Int) { self.seconds = seconds }

    /// Times compare in time.
    public static func < (a: Self, b: Self) -> Bool { a.seconds < b.seconds }
    /// The time `b` seconds after `a`.
    public static func + (a: Self, b: Int) -> Timestamp { Timestamp(seconds: a.seconds + b) }
    /// The bare number of seconds.
    public var description: String { String(seconds) }
}

extension Timestamp {
    /// The calendar fields of this time in UTC.
    public var calendar: CalendarTime { CalendarTime(self) }

    /// `Tue, 05 Mar 2024 06:07:08 GMT`: the form of the `Date` header (RFC 1123).
    public var httpDate: String {
        let fields = calendar
        let day = CalendarTime.weekdays[fields.weekday]
        let month = CalendarTime.months[fields.month - 1]
        let clock = "\(twoDigits(fields.hour)):\(twoDigits(fields.minute)):\(twoDigits(fields.second))"
        return "\(day), \(twoDigits(fields.day)) \(month) \(fields.year) \(clock) GMT"
    }

    /// `2024-03-05T06:07:08Z` (ISO 8601).
    public var iso8601: String {
        let fields = calendar
        return "\(fields.year)-\(twoDigits(fields.month))-\(twoDigits(fields.day))T"
            + "\(twoDigits(fields.hour)):\(twoDigits(fields.minute)):\(twoDigits(fields.second))Z"
    }

    /// `20240305T060708Z`: the form of `x-log-date` under signature V4.
    public var compactDate: String {
        let fields = calendar
        return "\(fields.year)\(twoDigits(fields.month))\(twoDigits(fields.day))T"
            + "\(twoDigits(fields.hour))\(twoDigits(fields.minute))\(twoDigits(fields.second))Z"
    }

    /// Reads a date such as `20240305T060708Z`. nil when it is none.
    public init?(compactDate text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int {
            range.reduce(0) { sum, index in
                let digit = Int(bytes[index]) - Int(UInt8(ascii: "0"))
                return (0...9).contains(digit) && sum >= 0 ? sum * 10 + digit : -1
            }
        }
        let (year, month, day) = (number(0..<4), number(4..<6), number(6..<8))
        let (hour, minute, second) = (number(9..<11), number(11..<13), number(13..<15))
        guard (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        let days = CalendarTime.daysSince1970(year: year, month: month, day: day)
        seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
    }

    /// Reads an RFC 1123 date such as `Tue, 05 Mar 2024 06:07:08 GMT`; the weekday is not checked. nil when it is none.
    public init?(httpDate text: String) {
        let words = text.utf8.split(separator: UInt8(ascii: " ")).map { String($0) ?? "" }
        guard words.count == 6, words[5] == "GMT" || words[5] == "UTC" || words[5] == "+0000",
            let day = Int(words[1]), let month = CalendarTime.months.firstIndex(of: words[2]), let year = Int(words[3])
        else { return nil }
        let clock = words[4].split(separator: ":").map { Int($0) ?? -1 }
        guard clock.count == 3, (1...31).contains(day), (1970...9999).contains(year), (0...23).contains(clock[0]),
            (0...59).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        let days = CalendarTime.daysSince1970(year: year, month: month + 1, day: day)
        seconds = days * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2]
    }
}

/// The calendar fields of a time in UTC, by the proleptic Gregorian calendar.
public struct CalendarTime: Equatable, Sendable {
    static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The year, such as 2024.
    public let year: Int
    /// 1 to 12.
    public let month: Int
    /// 1 to 31.
    public let day: Int
    /// 0 to 23.
    public let hour: Int
    /// 0 to 59.
    public let minute: Int
    /// 0 to 59.
    public let second: Int
    /// 0 (Sunday) to 6.
    public let weekday: Int

    init(_ time: Timestamp) {
        let days = floorDivide(time.seconds, 86_400)
        let secondOfDay = time.seconds - days * 86_400
        // Days are counted from 0000-03-01, so that the leap day is a year's last; an era has 400 years.
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = secondOfDay / 3_600
        minute = secondOfDay % 3_600 / 60
        second = secondOfDay % 60
        weekday = ((days + 4) % 7 + 7) % 7
    }

    /// Days from 1970-01-01 to a date; months and days beyond their range run on into the next.
    public static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let marchYear = month <= 2 ? year - 1 : year
        let era = floorDivide(marchYear, 400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

private func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : (a - b + 1) / b }

private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
