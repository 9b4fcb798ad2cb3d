public import SLSClient
import SLSConsumer
public import SLSProtocol
import System

/// The start position as configured, resolved once when the program starts.
public struct StartSetting: Equatable, Sendable, CustomStringConvertible {
    /// Where a shard without a checkpoint begins.
    public let position: CursorPosition
    /// Whether it means the same at every start of the program: not so for `end`, a relative or a future time.
    public let isFixed: Bool
    /// Whether it was written without a zone, so that it is another time on a host with another one.
    public let isOfHostZone: Bool

    /// The position for a person; a time in UTC, whatever zone it was written in.
    public var description: String {
        switch position {
        case .begin: "begin"
        case .end: "end"
        case .received(let time): time.iso8601
        }
    }

    /// A position of the caller's own.
    public init(position: CursorPosition, isFixed: Bool, isOfHostZone: Bool = false) {
        self.position = position
        self.isFixed = isFixed
        self.isOfHostZone = isOfHostZone
    }

    /// Reads `begin`, `end`, Unix seconds, a relative time such as `-2h`, or a date with an optional time and zone.
    ///
    /// A date without a zone is in the host's, by `mktime`: the article's `2018-12-26 0:0:0` is such a one.
    ///
    /// - Returns: nil when the text is none of these.
    public init?(_ text: String, now: Timestamp) {
        switch text {
        case "begin": self.init(position: .begin, isFixed: true)
        case "end": self.init(position: .end, isFixed: false)
        default:
            if let seconds = Self.relativeSeconds(text) {
                self.init(position: .received(now + -seconds), isFixed: false)
                return
            }
            guard let (time, isOfHostZone) = Self.unixSeconds(text).map({ ($0, false) }) ?? Self.dateSeconds(text)
            else {
                return nil
            }
            let position = CursorPosition.received(Timestamp(seconds: time))
            self.init(position: position, isFixed: position.isFixed(at: now), isOfHostZone: isOfHostZone)
        }
    }

    /// All digits, as many as a time of this century has.
    private static func unixSeconds(_ text: String) -> Int? {
        guard (9...11).contains(text.utf8.count), text.utf8.allSatisfy(isDigit) else { return nil }
        return Int(text)
    }

    private static func relativeSeconds(_ text: String) -> Int? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard text.hasPrefix("-"), let unit = text.last.flatMap({ units[$0] }) else { return nil }
        let digits = text.dropFirst().dropLast()
        guard (1...7).contains(digits.utf8.count), digits.utf8.allSatisfy(isDigit), let count = Int(digits) else {
            return nil
        }
        return count * unit
    }

    private static func dateSeconds(_ text: String) -> (seconds: Int, isOfHostZone: Bool)? {
        let (local, zone) = splitZone(text)
        let parts = local.split(omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
        guard parts.count <= 2, let date = numbers(parts[0], separator: "-", count: 3...3) else { return nil }
        var clock = [0, 0, 0]
        if parts.count == 2 {
            guard let given = numbers(parts[1], separator: ":", count: 2...3) else { return nil }
            clock = given.count == 2 ? given + [0] : given
        }
        guard date[0] >= 1970,
            let time = LocalTime(
                year: date[0], month: date[1], day: date[2], hour: clock[0], minute: clock[1], second: clock[2])
        else { return nil }
        switch zone {
        case .none: return time.unixSecondsInHostZone().map { ($0, true) }
        case .offset(let seconds): return (time.unixSecondsInUTC() - seconds, false)
        case .malformed: return nil
        }
    }

    private enum Zone {
        case none
        case offset(Int)
        case malformed
    }

    /// Cuts off a `Z`, `+08:00` or `-0800` behind the time.
    private static func splitZone(_ text: String) -> (Substring, Zone) {
        if text.hasSuffix("Z") { return (text.dropLast(), .offset(0)) }
        guard let colon = text.firstIndex(of: ":"),
            let sign = text[colon...].lastIndex(where: { $0 == "+" || $0 == "-" })
        else { return (text[...], .none) }
        let digits = text[text.index(after: sign)...].filter { $0 != ":" }
        guard digits.utf8.count == 4, digits.utf8.allSatisfy(isDigit), let number = Int(digits),
            number / 100 <= 14, number % 100 < 60
        else { return (text[...], .malformed) }
        let seconds = number / 100 * 3_600 + number % 100 * 60
        return (text[..<sign], .offset(text[sign] == "-" ? -seconds : seconds))
    }

    private static func numbers(_ text: Substring, separator: Character, count: ClosedRange<Int>) -> [Int]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard count.contains(parts.count) else { return nil }
        var numbers: [Int] = []
        for part in parts {
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isDigit), let number = Int(part) else {
                return nil
            }
            numbers.append(number)
        }
        return numbers
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
