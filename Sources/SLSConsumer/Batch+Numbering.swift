package import SLSClient
public import SLSProtocol

extension ShardConsumer.Pulled {
    /// What a pull of so many log groups at most says, its first one being that of `numbering`. Where the service does not
    /// tell, the shard is at its end when fewer came.
    package init(_ pulled: PulledLogs, _ numbering: Batch.Numbering, asked: Int, rawByteCount: Int) {
        self.init(
            first: numbering.first, next: pulled.nextCursor, count: pulled.count, rawByteCount: rawByteCount,
            isAtEnd: pulled.isAtEnd ?? (pulled.count < asked))
    }
}

extension Batch {
    /// Which cursors the log groups of a pull have.
    public struct Numbering: Equatable, Sendable {
        /// How they are known.
        public enum Kind: Sendable {
            /// They fill all positions from the one asked for up to the next: how it always should be.
            case consecutive
            /// It is one alone among several positions, and the service said at which.
            case fromLast
            /// They do not: each stands at or before its true one, and another pull may put it elsewhere.
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
            // Several could leave out any of the positions before the last. A last one outside of what was asked for would
            // give a number that another has already.
            guard pulled.count == 1, let last, last < pulled.nextCursor.number, last >= request.number else {
                first = request
                kind = .unknown
                return
            }
            first = Cursor(number: last)
            kind = .fromLast
        }

        /// Pulls until each log group has its own cursor: where they do not fill their positions, half as many are asked
        /// for, down to one.
        ///
        /// - Returns: What came, and how many were asked for.
        package static func pulling(
            _ count: Int, from request: Cursor, _ pull: (Int) async throws(ClientError) -> PulledLogs
        ) async throws(ClientError) -> (pulled: PulledLogs, asked: Int) {
            var asked = count
            while true {
                let pulled = try await pull(asked)
                guard let fewer = fewer(than: asked, after: pulled, from: request) else { return (pulled, asked) }
                asked = fewer
            }
        }

        /// How many log groups to ask for in place of those that came; nil where each has its own cursor, or one alone has none.
        package static func fewer(
            than asked: Int, after pulled: PulledLogs, from request: Cursor, safeguards: Safeguards = .all
        ) -> Int? {
            guard asked > 1, Numbering(pulled, from: request).kind == .unknown, safeguards.contains(.ownCursors) else {
                return nil
            }
            return max(1, min(asked, pulled.count) / 2)
        }
    }
}
