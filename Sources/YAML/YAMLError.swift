/// What is wrong in a document, and where.
public struct YAMLError: Error, Equatable, CustomStringConvertible {
    /// The line, from 1.
    public let line: Int
    /// The column, from 1.
    public let column: Int
    /// The keys from the document's root to the place, such as `limits.shards[2]`; empty at the root.
    public let path: String
    /// What was expected, and what stands there.
    public let message: String

    /// Makes an error from its parts.
    public init(line: Int, column: Int, path: String = "", message: String) {
        self.line = line
        self.column = column
        self.path = path
        self.message = message
    }

    /// `line 3, column 7: limits.port: expected a whole number from 0 to 65535, found "abc"`.
    public var description: String {
        "line \(line), column \(column): " + (path.isEmpty ? "" : "\(path): ") + message
    }
}
