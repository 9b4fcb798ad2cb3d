package import SLSClient
public import SLSProtocol

extension Batch {
    /// Which cursors the log groups of a pull have.
    public struct Numbering: Equatable, Sendable {
        /// How they are known.
        public enum Kind: Sendable {
            /// They fill all positions from the one asked for up to the next: how it always should be.
            case consecutive
            /// They do not; the service said which was the last, and they end there one after the other.
            case fromLast
            /// They do not, and what the service said of the last does not fit: each stands at or before its true one.
            case unknown
        }

        /// The cursor of the first log group.
        public let first: Cursor
        /// How it is known.
        public let kind: Kind

        /// Checks next - request = count and last = next - 1, as consumer-group.md 5.5 asks for.
        package init(_ pulled: PulledLogs, from request: Cursor) {
            let last = pulled.lastReadNumber
            let isFull = pulled.nextCursor == request.advanced(by: pulled.count)
            if pulled.count == 0 || isFull && (last ?? pulled.nextCursor.number - 1) == pulled.nextCursor.number - 1 {
                first = request
                kind = .consecutive
                return
            }
            // A last one outside of what was asked for would give numbers that others have already.
            guard let last, last < pulled.nextCursor.number, last - Int64(pulled.count) + 1 >= request.number else {
                first = request
                kind = .unknown
                return
            }
            first = Cursor(number: last - Int64(pulled.count) + 1)
            kind = .fromLast
        }
    }
}
