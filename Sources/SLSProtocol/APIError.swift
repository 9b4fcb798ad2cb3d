/// A refusal by the service, in the shape in which it travels both ways.
///
/// Source: protocol page "Common error codes"; the table is kept in `APIError+Codes.swift`.
public struct APIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The word by which a refusal is told apart; a code we have not met passes through.
    public struct Code: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
        /// The code as on the wire.
        public let rawValue: String
        /// Takes any text.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Takes any text.
        public init(stringLiteral value: String) { rawValue = value }
        /// The bare code.
        public var description: String { rawValue }

        /// Whether two codes are one, whatever their case and the service's known misspelling of "Exist".
        ///
        /// Some SDKs look for `ConsumerNotExsit` and `ShardNotExsit`, the pages spell `…Exist`.
        public func means(_ other: Code) -> Bool { folded == other.folded }

        private var folded: String {
            let lower = rawValue.lowercased()
            return lower.hasSuffix("exsit") ? lower.dropLast(5) + "exist" : lower
        }
    }

    /// The HTTP status, 400 and up.
    public let status: Int
    /// What the error is.
    public let code: Code
    /// A sentence for a person; not a contract.
    public let message: String

    /// An error with the status that the service gives this code, unless another is named.
    public init(_ code: Code, _ message: String, status: Int? = nil) {
        self.status = status ?? code.status
        self.code = code
        self.message = message
    }

    /// `ConsumerGroupNotExist (404): consumer group "g" does not exist`.
    public var description: String { "\(code) (\(status)): \(message)" }
}
