/// One whole answer.
public struct HTTPResponse: Sendable {
    /// Such as 200. Answers of the 100 range and those of a proxy's `CONNECT` are not seen here.
    public var status: Int
    /// In the order they came, case and duplicates kept; values without the blanks around them.
    public var headers: [(name: String, value: String)]
    /// As it came: no content coding is undone; only chunks are joined.
    public var body: [UInt8]

    /// Makes an answer from its parts.
    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the first header of that name, whatever its case.
    public subscript(header: String) -> String? {
        headers.first { equalsIgnoringCase($0.name, header) }?.value
    }
}

/// Compares ASCII letters regardless of their case.
func equalsIgnoringCase(_ left: String, _ right: String) -> Bool {
    let (left, right) = (left.utf8, right.utf8)
    guard left.count == right.count else { return false }
    return zip(left, right).allSatisfy { lowerCased($0) == lowerCased($1) }
}

private func lowerCased(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
