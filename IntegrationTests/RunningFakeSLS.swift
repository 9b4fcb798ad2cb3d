import Foundation
import Glibc
import SLSClient
import SLSProtocol
import System

/// A `fake-sls` process of its own on free ports; killed when the last reference goes away.
final class RunningFakeSLS: Sendable {
    /// The program's ready line.
    struct Ready: Decodable, Sendable {
        let event: String
        let http: String
        let https: String?
        let ca: String
        let pid: Int32
    }

    /// How a client reaches the emulator.
    enum Way: CaseIterable, Sendable {
        /// `http://localhost:PORT`.
        case http
        /// `https://localhost:PORT`, verified by our CA.
        case https
        /// A production endpoint name through the forward proxy: absolute-form requests.
        case proxy
        /// The same with HTTPS: `CONNECT`, TLS inside.
        case tunnel
    }

    let ready: Ready
    let process: ChildProcess

    /// Its `TMPDIR`: one that is killed cannot remove what it made there.
    private let folder: String

    private init(ready: Ready, process: ChildProcess, folder: String) {
        self.ready = ready
        self.process = process
        self.folder = folder
    }

    deinit {
        process.kill(SIGKILL)
        // What stays in the temporary folder fails no test.
        try? Files.removeTree(folder)
    }

    /// Starts the program and waits until its ready line came: the one built beside the tests, or that which the variable
    /// `SLS_TEST_FAKE_SLS` names, such as a release build.
    ///
    /// - Parameter fileByteLimit: The most that a file of it may hold; what is written beyond fails.
    static func start(
        _ arguments: [String] = [], environment: [String: String] = [:], fileByteLimit: Int? = nil
    ) async throws -> RunningFakeSLS {
        let folder = try Files.makeTemporaryFolder(prefix: "fake-sls-test-")
        var command =
            [try Environment.value("SLS_TEST_FAKE_SLS") ?? BuiltPrograms.path("fake-sls")]
            + ["--port", "0", "--tls-port", "0", "--log-level", "warning"] + arguments
        if let fileByteLimit {
            // Without the trap the signal that comes with the error would end it.
            let script = "trap '' XFSZ; ulimit -f \(fileByteLimit / 512); exec \"$@\""
            command = ["/bin/sh", "-c", script, "sh"] + command
        }
        let process = try ChildProcess(
            .init(
                command[0], arguments: Array(command.dropFirst()),
                environment: ["PATH": Environment.value("PATH") ?? "", "TMPDIR": folder].merging(environment) { $1 },
                standardOutput: .collected, standardError: .collected))
        let line = await process.standardOutput?.line(within: Patience.start) { $0.contains("\"ready\"") }
        guard let line else {
            throw HarnessError("fake-sls is not ready: \(process.standardError?.text ?? "")")
        }
        return RunningFakeSLS(
            ready: try JSONDecoder().decode(Ready.self, from: Data(line.utf8)), process: process, folder: folder)
    }

    /// Asks it to stop, and waits.
    func stop() async -> ChildProcess.Exit? {
        process.kill(SIGTERM)
        return await process.wait(within: Patience.step)
    }

    /// Makes the project `demo` and these logstores, by their number of shards.
    func create(_ logstores: [String: Int]) async throws {
        let bodies =
            [("/", "{\"projectName\":\"demo\",\"description\":\"\"}")]
            + logstores.sorted { $0.key < $1.key }.map {
                ("/logstores", "{\"logstoreName\":\"\($0.key)\",\"ttl\":1,\"shardCount\":\($0.value)}")
            }
        for (target, json) in bodies {
            let connection = try RawConnection(port: port)
            try await connection.send(
                "POST \(target) HTTP/1.1\r\nHost: demo.localhost\r\nConnection: close\r\nx-log-apiversion: 0.6.0\r\n"
                    + "Content-Type: application/json\r\nx-log-bodyrawsize: 0\r\n"
                    + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)")
            let answer = try await connection.read()
            guard answer.hasPrefix("HTTP/1.1 200 ") else { throw HarnessError("POST \(target) \(json): \(answer)") }
        }
    }

    /// The port of the plain listener.
    var port: Int { Int(ready.http.split(separator: ":").last ?? "") ?? 0 }

    /// The endpoint for that way.
    func endpoint(_ way: Way) -> String {
        switch way {
        case .http: return "http://localhost:\(port)"
        case .https: return "https://localhost:\(ready.https?.split(separator: ":").last ?? "")"
        case .proxy: return "http://cn-hangzhou.log.aliyuncs.com"
        case .tunnel: return "https://cn-hangzhou.log.aliyuncs.com"
        }
    }

    /// A client of the project `demo`.
    func client(_ transport: any Transport) throws -> SLSClient {
        SLSClient(
            endpoint: try Endpoint(parsing: endpoint(.http)), project: try ProjectName("demo"),
            credentials: Credentials(accessKeyID: "fake-id", accessKeySecret: "fake-secret"), transport: transport)
    }

    /// What a client of ours or an official SDK needs in its environment: endpoint, keys, proxy, CA.
    func clientEnvironment(_ way: Way) -> [String: String] {
        var variables = [
            "PATH": Environment.value("PATH") ?? "", "SLS_ENDPOINT": endpoint(way), "SLS_AK_ID": "fake-id",
            "SLS_AK_KEY": "fake-secret", "SLS_PROJECT": "demo", "SLS_LOGSTORE": "source",
            "REQUESTS_CA_BUNDLE": ready.ca, "SLS_CA_FILE": ready.ca,
        ]
        switch way {
        case .http, .https: break
        case .proxy: variables["http_proxy"] = "http://127.0.0.1:\(port)"
        case .tunnel: variables["https_proxy"] = "http://127.0.0.1:\(port)"
        }
        return variables
    }
}
