import TestKit

/// Draws from one seeded sequence: the same seed makes the same inputs, on every machine.
struct Chance {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// True once in so many times.
    mutating func oneIn(_ count: Int) -> Bool { number(in: 0..<count) == 0 }

    mutating func number(in range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func byte() -> UInt8 { UInt8.random(in: 0...255, using: &generator) }

    mutating func bits() -> UInt64 { generator.next() }

    /// One of some, of which there is at least one.
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(in: 0..<elements.count)] }

    /// Small counts most of the time, large ones now and then: half of the draws are below 4, an eighth at least 16.
    mutating func length(upTo limit: Int) -> Int {
        var bound = 4
        while bound < limit && oneIn(2) { bound *= 2 }
        return number(in: 0..<min(bound, limit) + 1)
    }

    mutating func bytes(count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }
}
