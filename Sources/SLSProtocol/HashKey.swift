/// A point of the 128-bit space that the shards of a logstore share out among themselves.
public struct HashKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 32 zeros: where the first shard begins.
    public static let min = HashKey(value: .min)
    /// 32 times `f`: the end of the last shard, which that shard includes.
    public static let max = HashKey(value: .max)

    /// The key as a number.
    public let value: UInt128

    /// Takes any number of 128 bits.
    public init(value: UInt128) { self.value = value }

    /// Reads 1 to 32 hexadecimal digits in either case; shorter keys are filled up with zeros on the right.
    ///
    /// The service accepts a key such as `a` (a Java SDK test writes one); how it is filled up is assumed.
    public init?(hex: String) {
        let digits = hex.utf8
        guard (1...32).contains(digits.count), digits.allSatisfy({ Self.isHexDigit($0) }),
            let number = UInt128(hex, radix: 16)
        else { return nil }
        value = number << UInt128(4 * (32 - digits.count))
    }

    /// 32 lower-case hexadecimal digits.
    public var hex: String {
        // By bytes: `String(_:radix:)` of 128 bits divides digit by digit, 3 µs for each key of a listing.
        Digest.hex(stride(from: 120, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value &>> UInt128($0)) })
    }

    /// Keys compare as numbers.
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
    /// The same as `hex`.
    public var description: String { hex }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
