import System
import Testing

/// What one official SDK writes, the others read: two releases of the Python SDK, and the OpenAPI SDK.
@Suite(.enabled(if: PythonScript.isWanted, "\(PythonScript.howToGet)"), .serialized)
struct CrossReadingTests {
    private struct Reader: CustomStringConvertible {
        let sdk: String
        let release: PythonScript.Environment
        let compression: String
        var description: String { "\(sdk) of \(release.rawValue), \(compression.isEmpty ? "plain" : compression)" }
    }

    /// What each of these SDKs can ask for. The release of 2023 has no compression that works with today's packages.
    private static let readers =
        ["lz4", "zstd", ""].map { Reader(sdk: "sls", release: .newest, compression: $0) }
        + [Reader(sdk: "sls", release: .of2023, compression: "")]
        + ["lz4", "zstd", "deflate", ""].map { Reader(sdk: "openapi", release: .newest, compression: $0) }

    @Test func `every SDK reads the same of what each has written, in every compression`() async throws {
        let server = try await RunningFakeSLS.start()
        try await server.create(["text": 2, "bytes": 1])
        let environment = server.clientEnvironment(.proxy)
        for (sdk, release) in [("sls", PythonScript.Environment.newest), ("sls", .of2023), ("openapi", .newest)] {
            _ = try await PythonScript.run("cross", ["write", sdk], on: release, environment: environment)
        }
        // Three topics each: by the newest in three compressions, by that of 2023 in two (both plain), by OpenAPI in five.
        for (logstore, count) in [("text", 30), ("bytes", 5)] {
            var first: [String] = []
            // OpenAPI's decoder takes values that are not UTF-8 for an error.
            for reader in Self.readers where logstore == "text" || reader.sdk == "sls" {
                let lines = try await PythonScript.run(
                    "cross", ["read", reader.sdk, logstore, reader.compression], on: reader.release,
                    environment: environment)
                #expect(lines.count == count, "\(reader) in \(logstore)")
                if first.isEmpty { first = lines }
                #expect(lines == first, "\(reader) in \(logstore)")
            }
            let hexadecimal = logstore == "text" ? "6772c3bcc39f65" : "fffe0080"
            #expect(first.allSatisfy { $0.contains("[1700000001, 123456789, [[") && $0.contains(hexadecimal) })
        }
        #expect(await server.stop() == .exited(0))
    }

    @Test func `groups and checkpoints made by one SDK are the other's as well`() async throws {
        let server = try await RunningFakeSLS.start()
        try await server.create(["text": 2])
        let environment = server.clientEnvironment(.proxy)
        _ = try await PythonScript.run("cross", ["groups"], environment: environment)
        let seen = try await PythonScript.run("cross", ["checkpoints", "of-sls"], environment: environment)
        let seenIn2023 = try await PythonScript.run(
            "cross", ["checkpoints", "of-sls"], on: .of2023, environment: environment)
        #expect(seen == seenIn2023 && seen.first?.contains("\"a\"") == true && seen.first?.contains("\"b\"") == true)
        #expect(await server.stop() == .exited(0))
    }
}
