import SLSProtocol

/// A dead letter that is refused as it is, as text in logs of its own: young, with short keys and values, and smaller than
/// it was. It is the log group's bytes in zstd and base64, cut into values that any logstore takes.
enum SealedLetter {
    /// The key of how many bytes it had, in the first log.
    static let sizeKey = "size"
    /// The key of the text, in each log.
    static let textKey = "zstd"

    /// A value may hold 1 MB, by either count.
    private static let valueByteCount = 1_000_000
    /// The most that is made room for: far more than a pull brings.
    private static let byteLimit = 64 << 20

    /// The serialized logs of a log group without tags.
    ///
    /// - Parameter time: That of its logs: the present one, for old ones may be refused.
    static func seal(_ letter: [UInt8], at time: Timestamp) throws(CompressionError) -> [UInt8] {
        let text = Array(Base64.encode(try Compression.compress(letter, as: .zstd)).utf8)
        let time = UInt32(clamping: time.seconds)
        let logs = stride(from: 0, to: text.count, by: valueByteCount).map { start in
            let value = String(decoding: text[start..<min(start + valueByteCount, text.count)], as: UTF8.self)
            let size = start == 0 ? [LogGroup.Pair(sizeKey, String(letter.count))] : []
            return LogGroup.Log(time: time, contents: size + [LogGroup.Pair(textKey, value)])
        }
        return LogGroup(logs: logs).serialized
    }

    /// The bytes that were sealed; nil where these are not what `seal` makes.
    static func open(_ sealed: ArraySlice<UInt8>) -> [UInt8]? {
        do {
            let contents = try LogGroup(serialized: Array(sealed)).logs.flatMap(\.contents)
            let text = contents.filter { $0.key == textKey }.map(\.value).joined()
            guard let size = contents.first(where: { $0.key == sizeKey }).flatMap({ Int($0.value) }),
                (0...byteLimit).contains(size), let packed = Base64.decode(text)
            else { return nil }
            return try Compression.decompress(packed, as: .zstd, rawByteCount: size)
        } catch {
            return nil
        }
    }
}
