internal import FoundationEssentials
internal import SLSProtocol

/// What makes one call differ from another; the rest, dates and signature included, is added when it is sent.
struct CallRequest {
    /// What kind of body goes out, and which headers the SDKs send with it.
    enum Content {
        /// No body; SDKs send the JSON type and a raw size of 0 all the same.
        case none
        /// No body and no type, as with PullLogs.
        case untyped
        /// JSON with its raw size.
        case json([UInt8])
        /// JSON without a raw size: heartbeats and checkpoints.
        case bareJSON([UInt8])
        case logs(PutLogsBody)
    }

    let call: APICall
    let method: String
    /// Decoded, from the first slash on.
    let path: String
    /// Decoded, in the order they are sent.
    var query: [(name: String, value: String)] = []
    var content = Content.none
    /// Beyond those that follow from `content`.
    var headers: [(name: String, value: String)] = []
    /// Whether it goes to the service's own host instead of the project's.
    var isWithoutProject = false

    /// A path below a logstore.
    static func path(_ logstore: LogstoreName, _ rest: String = "") -> String { "/logstores/\(logstore)" + rest }

    /// Path and query as they travel.
    var target: String {
        let path = percentEncoded(path, keeping: "/")
        if query.isEmpty { return path }
        return path + "?" + query.map { "\($0.name)=\(percentEncoded($0.value))" }.joined(separator: "&")
    }

    var body: [UInt8]? {
        switch content {
        case .none, .untyped: method == "POST" || method == "PUT" ? [] : nil
        case .json(let bytes), .bareJSON(let bytes): bytes
        case .logs(let body): body.bytes
        }
    }

    /// The headers that describe the body.
    var contentHeaders: [(name: String, value: String)] {
        switch content {
        case .none: [("Content-Type", "application/json"), ("x-log-bodyrawsize", "0")]
        case .untyped: [("x-log-bodyrawsize", "0")]
        case .json(let bytes): [("Content-Type", "application/json"), ("x-log-bodyrawsize", "\(bytes.count)")]
        case .bareJSON: [("Content-Type", "application/json")]
        case .logs(let body):
            [("Content-Type", "application/x-protobuf"), ("x-log-bodyrawsize", "\(body.rawByteCount)")]
                + (body.compression.map { [("x-log-compresstype", $0.rawValue)] } ?? [])
                + (body.isBatch ? [("x-log-mode", "batch_group")] : [])
        }
    }
}

extension CallRequest.Content {
    /// Our own shapes always encode: strings, numbers and arrays of them.
    static func json(encoding value: some Encodable) -> Self { .json(encoded(value)) }
    static func bareJSON(encoding value: some Encodable) -> Self { .bareJSON(encoded(value)) }

    private static func encoded(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            preconditionFailure("a wire shape does not encode: \(error)")
        }
    }
}

/// Encodes all but RFC 3986's unreserved characters and those of `kept`.
func percentEncoded(_ text: String, keeping kept: String = "") -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            bytes.append(byte)
        case _ where kept.utf8.contains(byte): bytes.append(byte)
        default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
