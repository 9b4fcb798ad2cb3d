/// One package of a PutLogs body with `x-log-mode: batch_group`: a serialized `LogGroup`, compressed on its own.
public struct LogPackage: Hashable, Sendable {
    /// The log group's bytes, compressed as `compression` says.
    public var data: [UInt8]
    /// Its size before compression, as announced; may be negative in what came from outside.
    public var rawByteCount: Int
    /// The number of the compression on the wire: 0 none, 1 deflate, 2 LZ4, 3 zstd; others are unknown.
    public var compressionNumber: UInt64

    /// The number that stands for LZ4, also where the field is absent.
    public static let lz4Number: UInt64 = 2

    /// A package of these parts.
    public init(data: [UInt8], rawByteCount: Int, compressionNumber: UInt64 = Self.lz4Number) {
        self.data = data
        self.rawByteCount = rawByteCount
        self.compressionNumber = compressionNumber
    }
}

/// The body of a PutLogs request that writes several log groups at once: `SlsLogPackageList`.
///
/// Source: `sls_logs.proto` of loongcollector; aliyun-log-java-sdk, `batchPutLogs`.
public enum LogPackageList {
    /// Reads all packages, in order.
    ///
    /// - Parameter limit: One package more than that is read, no others: the caller tells that there are too many.
    /// - Throws: `ProtobufError` for bytes that are no such list, or a package without data. Not retriable.
    public static func packages(_ bytes: [UInt8], limit: Int) throws(ProtobufError) -> [LogPackage] {
        var packages: [LogPackage] = []
        var list = ProtobufReader(0..<bytes.count)
        while packages.count <= limit, let field = try list.next(in: bytes.span) {
            guard field.number == 1, field.wireType == .lengthDelimited else { continue }
            packages.append(try package(field.value, in: bytes))
        }
        return packages
    }

    /// The list as the official SDKs write it: data, raw size, compression.
    public static func serialized(_ packages: [LogPackage]) -> [UInt8] {
        var bytes: [UInt8] = []
        for package in packages {
            var inner: [UInt8] = [0x0A]
            appendVarint(UInt64(package.data.count), to: &inner)
            inner += package.data
            inner.append(0x10)
            appendVarint(UInt64(bitPattern: Int64(package.rawByteCount)), to: &inner)
            inner.append(0x18)
            appendVarint(package.compressionNumber, to: &inner)
            bytes.append(0x0A)
            appendVarint(UInt64(inner.count), to: &bytes)
            bytes += inner
        }
        return bytes
    }

    private static func package(_ range: Range<Int>, in bytes: [UInt8]) throws(ProtobufError) -> LogPackage {
        var data: Range<Int>?
        var package = LogPackage(data: [], rawByteCount: 0)
        var reader = ProtobufReader(range)
        while let field = try reader.next(in: bytes.span) {
            switch (field.number, field.wireType) {
            case (1, .lengthDelimited): data = field.value
            case (2, .varint):
                var value = ProtobufReader(field.value)
                // An int32: its upper half is the sign, drawn out.
                package.rawByteCount = Int(Int32(truncatingIfNeeded: try value.varint(in: bytes.span)))
            case (3, .varint):
                var value = ProtobufReader(field.value)
                package.compressionNumber = try value.varint(in: bytes.span)
            default: continue
            }
        }
        guard let data else { throw .missingField("SlsLogPackage.data") }
        package.data = Array(bytes[data])
        return package
    }
}
