import Glibc

/// The two streams a program speaks on, without a buffer of ours between.
public enum StandardStream: Int32, Sendable {
    /// For results.
    case output = 1
    /// For logs and errors.
    case error = 2

    /// Writes the whole text, in one call where the system takes it so. Where nobody reads any longer it is dropped.
    public func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(rawValue, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Whether a person looks at it.
    public var isTerminal: Bool { isatty(rawValue) == 1 }
}
