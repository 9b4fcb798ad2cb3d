import SLSProtocol

/// The time that nobody in the world can see: the judge's, from the beginning of the history. Also a span of it.
struct TrueTime: Comparable, Hashable, AdditiveArithmetic {
    let nanoseconds: Int64

    static let zero = TrueTime(nanoseconds: 0)
    static func milliseconds(_ count: Int) -> TrueTime { TrueTime(nanoseconds: Int64(count) * 1_000_000) }
    static func seconds(_ count: Int) -> TrueTime { milliseconds(count * 1_000) }

    static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
    static func + (a: Self, b: Self) -> Self { TrueTime(nanoseconds: a.nanoseconds + b.nanoseconds) }
    static func - (a: Self, b: Self) -> Self { TrueTime(nanoseconds: a.nanoseconds - b.nanoseconds) }
}

/// The monotonic clock of one process or of the server: with a zero of its own, and a little fast or slow.
struct SkewedClock {
    private let offset: Int64
    /// By how much it runs fast, negative where it runs slow, in millionths.
    private let millionths: Int64

    /// - Parameter millionths: At most 50,000 either way, so that no two clocks are further apart than a tenth.
    init(offset: Int64, millionths: Int) {
        self.offset = offset
        self.millionths = Int64(millionths)
    }

    /// What it shows.
    func reading(at time: TrueTime) -> Instant {
        Instant(nanoseconds: offset + time.nanoseconds + time.nanoseconds * millionths / 1_000_000)
    }

    /// The first moment at which it shows no less.
    func time(of reading: Instant) -> TrueTime {
        let elapsed = reading.nanoseconds - offset
        let guess = Int64((Double(elapsed) * 1_000_000 / Double(1_000_000 + millionths)).rounded(.down)) - 2_000
        var time = TrueTime(nanoseconds: max(0, guess))
        while self.reading(at: time) < reading {
            let rest = reading.nanoseconds - self.reading(at: time).nanoseconds
            time = TrueTime(nanoseconds: time.nanoseconds + max(1, rest * 9 / 10))
        }
        return time
    }

    /// The moment at which a span of this clock is over that begins now.
    func time(after span: Duration, from now: TrueTime) -> TrueTime {
        time(of: Instant(nanoseconds: reading(at: now).nanoseconds + span.nanoseconds))
    }
}
