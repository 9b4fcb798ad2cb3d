import System
import Testing

/// The generated OpenAPI SDK against the built `fake-sls`: signatures, compression and decoding by code that shares nothing
/// with the other Python SDK's.
///
/// It is unmodified but for what PullLogs answers: the vendor's gateway package 0.4.2, the newest that can be installed, takes
/// log groups for JSON, whoever sent them. Two checks of `openapi_checklist/gateway.py` hold it to that; all else of a pull
/// is the SDK's own: request, signature, headers, decompression.
@Suite(.enabled(if: PythonScript.isWanted, "\(PythonScript.howToGet)"), .serialized)
struct OpenAPISDKTests {
    @Test(arguments: [
        (RunningFakeSLS.Way.http, "v4"), (.https, "v1"), (.proxy, "v1"), (.tunnel, "v4"),
    ]) func `every operation is driven, or refused by its name`(
        way: RunningFakeSLS.Way, signature: String
    ) async throws {
        let server = try await RunningFakeSLS.start()
        let environment = server.clientEnvironment(way).merging(["SLS_SIGNATURE": signature]) { $1 }
        let lines = try await PythonScript.run("openapi", environment: environment)
        #expect(lines.last?.hasSuffix(" checks passed") == true)
        #expect(lines.contains("ok      every operation is driven or refused by name"))
        #expect(try await server.unknowns() == [], "of what an official SDK sends, nothing is unknown")
        #expect(await server.stop() == .exited(0))
    }

    @Test func `the example of the documentation works as it stands`() async throws {
        let server = try await RunningFakeSLS.start()
        let example = "../../docs/examples/openapi-python/example"
        let lines = try await PythonScript.run(example, environment: server.clientEnvironment(.proxy))
        #expect(lines.last == "hello")
        #expect(await server.stop() == .exited(0))
    }
}
