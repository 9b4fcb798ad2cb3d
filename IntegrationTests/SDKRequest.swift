import SLSProtocol
import Testing

/// A request as an SDK sends it that cannot be installed here, and what that SDK's decoder needs of the answer.
struct SDKRequest: Sendable {
    enum Body: Sendable {
        case none
        case whole([UInt8])
        /// As one chunk, or none where it is empty.
        case chunked([UInt8])

        static func json(_ text: String) -> Body { .whole(Array(text.utf8)) }
        static func chunkedJSON(_ text: String) -> Body { .chunked(Array(text.utf8)) }
    }

    enum Content: Sendable {
        case empty
        case exactly([UInt8])
        /// JSON with all of these in it.
        case json([String])
        /// A list of this many log groups, its size and number as the headers say.
        case groups(Int)
        /// An error of this code, in the service's shape.
        case error(String)
    }

    /// The SDK's call it stands for.
    let call: String
    /// The request line and the headers. `{port}` is the server's, `{begin}` and `{end}` are cursors of shard 0, as they stand in a
    /// query; `{cursor}` is the begin cursor as it stands in JSON, `{length}` the number of bytes of the body.
    let head: [String]
    var body = Body.none
    var status = 200
    /// Headers of the answer by the only spelling the SDK looks for, with the value it needs; `*` is any.
    var headers: [String: String] = [:]
    var content = Content.empty

    init(
        _ call: String, _ head: [String], body: Body = .none, status: Int = 200, headers: [String: String] = [:],
        _ content: Content = .empty
    ) {
        (self.call, self.head, self.body, self.status, self.headers, self.content) =
            (call, head, body, status, headers, content)
    }

    /// The whole head with what only the run knows.
    func headText(_ known: [String: String]) -> String {
        let known = known.merging(["length": "\(content(of: body, known).count)"]) { $1 }
        return known.reduce(head.joined(separator: "\r\n") + "\r\n\r\n") { text, pair in
            text.replacing("{\(pair.key)}", with: pair.value)
        }
    }

    /// The body as it goes over the wire.
    func bodyBytes(_ known: [String: String]) -> [UInt8] {
        let bytes = content(of: body, known)
        guard case .chunked = body else { return bytes }
        let chunk =
            bytes.isEmpty ? [] : Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8)
        return chunk + Array("0\r\n\r\n".utf8)
    }

    private func content(of body: Body, _ known: [String: String]) -> [UInt8] {
        switch body {
        case .none: []
        case .whole(let bytes), .chunked(let bytes): Self.filled(bytes, known)
        }
    }

    /// Only JSON has parts to be filled in, and it is text.
    private static func filled(_ bytes: [UInt8], _ known: [String: String]) -> [UInt8] {
        guard bytes.first == UInt8(ascii: "{"), let cursor = known["cursor"] else { return bytes }
        return Array(String(decoding: bytes, as: UTF8.self).replacing("{cursor}", with: cursor).utf8)
    }
}

/// An SDK with the requests that stand for it, in the order in which it would send them.
struct SDKSession: Sendable, CustomTestStringConvertible {
    let sdk: String
    let requests: [SDKRequest]
    var testDescription: String { sdk }
}
