import System
import Testing

/// The generated OpenAPI SDK, unmodified, against the built `fake-sls`: signatures, compression and decoding by code that
/// shares nothing with the other Python SDK's.
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
        #expect(await server.stop() == .exited(0))
    }
}
