import CurlHTTP
import System
import Testing

/// A started `fake-sls`, and a folder of its own for its files.
struct RunningProgram {
    /// How long anything may take before the test fails; far above what it takes.
    static let patience = Duration.seconds(20)

    let process: ChildProcess

    /// Starts the program on a free port.
    ///
    /// - Parameter prefix: A program with its arguments that starts ours, such as `env`.
    init(
        _ arguments: [String] = [], port: Int = 0, environment: [String: String] = [:], prefix: [String] = [],
        output: ChildProcess.Output = .collected
    ) throws {
        let program = try ExecutablePath.folder() + "/fake-sls"
        let words = prefix + [program, "--port", "\(port)"] + arguments
        process = try ChildProcess(
            .init(
                words[0], arguments: Array(words.dropFirst()),
                environment: Environment.all().merging(environment) { $1 }, standardOutput: output,
                standardError: .collected))
    }

    /// The ready line, once it is there.
    func readyLine() async throws -> String {
        let line = await process.standardOutput?.line(within: Self.patience) { _ in true }
        return try #require(line, "not ready: \(process.standardError?.text ?? "")")
    }

    /// Waits for the end, which must come by itself.
    func exit() async throws -> ChildProcess.Exit {
        try #require(await process.wait(within: Self.patience), "still running")
    }

    /// Everything it said on stderr, once it has ended.
    func errors() async -> String {
        _ = await process.standardError?.waitForEnd(within: Self.patience)
        return process.standardError?.text ?? ""
    }

    /// Stops it in the way a person would.
    func stop() async throws {
        process.kill(SIGTERM)
        #expect(try await exit() == .exited(0))
    }

    /// Sends a request to the address of the ready line: a GET, or a POST where there is a body.
    static func get(
        _ path: String, host: String = "localhost", from ready: String, posting body: String? = nil
    ) async throws -> CurlHTTP.HTTPResponse {
        let client = try HTTPClient()
        let url = "http://\(field("http", of: ready))\(path)"
        var request = HTTPRequest(
            method: body == nil ? "GET" : "POST", url: url, headers: [("Host", host)], timeout: patience)
        request.body = body.map { Array($0.utf8) }
        let response = try await client.send(request)
        await client.shutdown()
        return response
    }

    /// A text field of a ready line.
    static func field(_ name: String, of ready: String) -> String {
        guard let start = ready.firstRange(of: "\"\(name)\":\"")?.upperBound else { return "" }
        return String(ready[start...].prefix { $0 != "\"" })
    }
}

/// Runs `body` with a folder that is removed afterwards.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = try Files.makeTemporaryFolder(prefix: "fake-sls-test-")
    do {
        try await body(folder)
    } catch {
        try Files.removeTree(folder)
        throw error
    }
    try Files.removeTree(folder)
}

/// The signals of `signal(7)` that the tests send.
let SIGTERM: Int32 = 15
let SIGINT: Int32 = 2
