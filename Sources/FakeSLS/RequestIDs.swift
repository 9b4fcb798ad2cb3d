internal import SLSProtocol

/// Makes the ids that `x-log-requestid` carries: 24 upper-case hexadecimal digits, none twice in one server's life, and
/// hardly ever in two lives.
struct RequestIDs {
    private var next = UInt64.random(in: 0...UInt64(UInt32.max)) << 32

    mutating func make(at time: Timestamp) -> String {
        next &+= 1
        return Self.hex(UInt64(UInt32(truncatingIfNeeded: time.seconds)), digits: 8) + Self.hex(next, digits: 16)
    }

    private static func hex(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
