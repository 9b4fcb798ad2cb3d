/// All chance of a history: a small generator (SplitMix64) whose whole sequence follows from the seed.
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of `0..<bound`.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number of the range, both ends included.
    mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    /// Whether something happens that happens so often.
    mutating func happens(perMille: Int) -> Bool { below(1_000) < perMille }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// A span of true time in the range.
    mutating func span(_ range: ClosedRange<TrueTime>) -> TrueTime {
        TrueTime(nanoseconds: Int64(within(Int(range.lowerBound.nanoseconds)...Int(range.upperBound.nanoseconds))))
    }

    /// A span around `mean`: often short, at times five times as long.
    mutating func span(around mean: TrueTime) -> TrueTime {
        let (a, b) = (below(1_000), below(1_000))
        return TrueTime(nanoseconds: mean.nanoseconds * Int64(a * b) / 250_000 + 1_000)
    }
}
