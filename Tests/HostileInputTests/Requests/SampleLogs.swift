import EventHTTP
import SLSProtocol
import TestKit

/// Well-formed bodies of PutLogs in every form, and compressed blocks that announce or hold far too much.
enum SampleLogs {
    /// Gives a request a body and the headers that go with it.
    static func fill(_ request: inout HTTPRequest, _ chance: inout Chance) {
        if chance.oneIn(4) { return fillWithPackages(&request, &chance) }
        if chance.oneIn(6) {
            request.headers.append("Content-Type", "application/json")
            request.body = Array(#"{"__topic__":"t","__logs__":[{"__time__":1,"k":"v"}]}"#.utf8)
            return
        }
        request.headers.append("Content-Type", "application/x-protobuf")
        let raw = group(&chance).serialized
        request.headers.append("x-log-bodyrawsize", "\(raw.count)")
        guard let type = chance.pick([nil, .lz4] + CompressionType.allCases) else { return request.body = raw }
        request.headers.append("x-log-compresstype", type.rawValue)
        request.body = packed(raw, type)
    }

    static func group(_ chance: inout Chance) -> LogGroup {
        LogGroup.make(
            topic: chance.pick(["nginx", nil, "", "\u{1F600}"]), logs: chance.length(upTo: 40),
            marker: chance.pick(["m", "", "\u{0}"]), source: chance.pick(["192.0.2.1", nil]),
            tags: chance.oneIn(3) ? [.init("t", "v")] : [], nanoseconds: chance.oneIn(4) ? 5 : nil)
    }

    private static func fillWithPackages(_ request: inout HTTPRequest, _ chance: inout Chance) {
        request.headers.append("Content-Type", "application/x-protobuf")
        request.headers.append("x-log-mode", "batch_group")
        let packages = (0...chance.length(upTo: 12)).map { _ in
            let raw = group(&chance).serialized
            let (number, type) = chance.pick(
                [(0, nil), (1, .deflate), (2, .lz4), (3, .zstd)] as [(UInt64, CompressionType?)])
            return LogPackage(
                data: type.map { packed(raw, $0) } ?? raw, rawByteCount: raw.count, compressionNumber: number)
        }
        request.body = LogPackageList.serialized(packages)
        request.headers.append("x-log-bodyrawsize", "\(request.body.count)")
    }

    /// A block that holds so many equal bytes, in few.
    static func bomb(_ type: CompressionType, rawByteCount: Int) -> [UInt8] {
        packed([UInt8](repeating: 0x0A, count: rawByteCount), type)
    }

    private static func packed(_ raw: [UInt8], _ type: CompressionType) -> [UInt8] {
        do { return try Compression.compress(raw, as: type) } catch { preconditionFailure("\(error)") }
    }
}
