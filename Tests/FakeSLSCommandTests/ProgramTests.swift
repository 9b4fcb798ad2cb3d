import CurlHTTP
import System
import Testing

/// The built program as a process.
@Suite(.timeLimit(.minutes(2))) struct ProgramTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func `it says it is ready, serves, and ends with 0 on a signal`(signal: Int32) async throws {
        let program = try RunningProgram(["--host", "127.0.0.1"])
        let ready = try await program.readyLine()
        #expect(ready.hasPrefix(#"{"event":"ready","http":"127.0.0.1:"#))
        #expect(ready.hasSuffix(#","pid":\#(program.process.pid)}"#))
        #expect(!ready.contains("listeners"))
        let health = try await RunningProgram.get("/_fake/healthz", from: ready)
        #expect(health.status == 200)
        program.process.kill(signal)
        #expect(try await program.exit() == .exited(0))
    }

    @Test func `the CA is in a private folder that is gone after the end`() async throws {
        let program = try RunningProgram()
        let authority = RunningProgram.field("ca", of: try await program.readyLine())
        #expect(authority.hasSuffix("/ca.pem"))
        let folder = String(authority.dropLast("/ca.pem".count))
        #expect(Files.mode(folder) == 0o700)
        #expect(Files.mode(folder + "/ca-key.pem") == 0o600)
        try await program.stop()
        #expect(!Files.exists(folder))
    }

    @Test func `the ready file holds the same line`() async throws {
        try await withFolder { folder in
            let program = try RunningProgram(["--ready-file", folder + "/ready"])
            let ready = try await program.readyLine()
            let written = try Files.read(folder + "/ready", limit: 1 << 16)
            #expect(String(decoding: written, as: UTF8.self) == ready + "\n")
            try await program.stop()
        }
    }

    @Test func `several hosts and a TLS port are all listed`() async throws {
        let program = try RunningProgram(["--host", "127.0.0.1", "--host", "127.0.0.2", "--tls-port", "0"])
        let ready = try await program.readyLine()
        #expect(RunningProgram.field("https", of: ready).hasPrefix("127.0.0.1:"))
        #expect(ready.contains(#""listeners":["http://127.0.0.1:"#))
        #expect(ready.contains(#""https://127.0.0.2:"#))
        try await program.stop()
    }

    @Test func `production names are served over verified HTTPS by the CA it gives out`() async throws {
        let program = try RunningProgram(["--tls-port", "0"])
        let ready = try await program.readyLine()
        let authority = RunningProgram.field("ca", of: ready)
        let given = try await RunningProgram.get("/_fake/ca.pem", from: ready)
        #expect(try Files.read(authority, limit: 1 << 16) == given.body)

        var trusting = HTTPClient.Configuration()
        trusting.caFile = authority
        let client = try HTTPClient(trusting)
        var request = HTTPRequest(method: "GET", url: "https://demo.cn-hangzhou.log.aliyuncs.com/logstores")
        request.connectTo = RunningProgram.field("https", of: ready)
        request.timeout = RunningProgram.patience
        let response = try await client.send(request)
        await client.shutdown()
        #expect(response.status == 404)
        #expect(String(decoding: response.body, as: UTF8.self).contains("ProjectNotExist"))
        try await program.stop()
    }

    /// A root, an authority below it, and a leaf for `*.sls.example.com`, all made by `openssl`: `root.pem`, `chain.pem`,
    /// `leaf.key`.
    private static let certificates = """
        set -e
        request() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -subj /CN=$1 "${@:2}"; }
        sign() { openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -CAcreateserial -days 2 -extfile $1.ext -out $1.pem; }
        request root -x509 -days 2 -out root.pem
        request middle -out middle.csr
        echo basicConstraints=critical,CA:true >middle.ext
        sign middle root
        request leaf -out leaf.csr
        echo subjectAltName=DNS:*.sls.example.com >leaf.ext
        sign leaf middle
        cat leaf.pem middle.pem >chain.pem
        """

    @Test func `a certificate brought along is shown with its chain, and verified by its own root`() async throws {
        try await withFolder { folder in
            let openssl = try ChildProcess(
                .init(
                    "/bin/bash", arguments: ["-c", Self.certificates], workingFolder: folder,
                    standardError: .collected))
            #expect(
                await openssl.wait(within: RunningProgram.patience) == .exited(0),
                "\(openssl.standardError?.text ?? "")")
            let program = try RunningProgram([
                "--tls-port", "0", "--tls-cert", folder + "/chain.pem", "--tls-key", folder + "/leaf.key",
            ])
            let ready = try await program.readyLine()
            func status(trusting authority: String) async throws -> Int {
                var configuration = HTTPClient.Configuration()
                configuration.caFile = authority
                let client = try HTTPClient(configuration)
                let result: Result<CurlHTTP.HTTPResponse, any Error>
                do {
                    result = .success(
                        try await client.send(
                            HTTPRequest(
                                url: "https://demo.sls.example.com/logstores",
                                connectTo: RunningProgram.field("https", of: ready), timeout: RunningProgram.patience)))
                } catch { result = .failure(error) }
                await client.shutdown()
                return try result.get().status
            }
            #expect(try await status(trusting: folder + "/root.pem") == 404)
            // The emulator's own authority has not signed it.
            let stranger = RunningProgram.field("ca", of: ready)
            await #expect(throws: CurlError.self) { try await status(trusting: stranger) }
            try await program.stop()
        }
    }

    @Test func `rules, base domain and region reach the emulator`() async throws {
        try await withFolder { folder in
            try Files.write(Array("projects: [{name: demo, logstores: [{name: app}]}]\n".utf8), to: folder + "/init")
            try Files.write(Array("shortest-timeout-seconds: 417\n".utf8), to: folder + "/rules")
            let program = try RunningProgram(
                ["--init", folder + "/init", "--rules", folder + "/rules", "--base-domain", "deep.sls.test"]
                    + ["--region", "eu-central-1"])
            let ready = try await program.readyLine()
            let project = try await RunningProgram.get("/", host: "demo.deep.sls.test", from: ready)
            #expect(String(decoding: project.body, as: UTF8.self).contains(#""region":"eu-central-1""#))
            func make(_ name: String, timeout: Int) async throws -> Int {
                let body = #"{"consumerGroup":"\#(name)","timeout":\#(timeout),"order":false}"#
                return try await RunningProgram.get(
                    "/logstores/app/consumergroups", host: "demo.localhost", from: ready, posting: body
                ).status
            }
            #expect(try await [make("short", timeout: 416), make("long", timeout: 417)] == [400, 200])
            try await program.stop()
        }
    }

    @Test func `it ends on a signal that its parent had blocked`() async throws {
        let program = try RunningProgram(prefix: ["/usr/bin/env", "--block-signal=TERM", "--block-signal=INT"])
        _ = try await program.readyLine()
        try await program.stop()
    }

    @Test func `it lives on, and ends well, when nobody reads its output`() async throws {
        try await withFolder { folder in
            let script = #""$@" 2>&1 | true; exit "${PIPESTATUS[0]}""#
            let shell = try RunningProgram(
                ["--ready-file", folder + "/ready"], prefix: ["/bin/bash", "-c", script, "bash"])
            let ready = try await waitForFile(folder + "/ready")
            #expect(try await RunningProgram.get("/_fake/healthz", from: ready).status == 200)
            let pid = try #require(ready.split(separator: ":").last?.dropLast())
            let kill = try ChildProcess(.init("/bin/kill", arguments: ["-TERM", String(pid)]))
            #expect(await kill.wait(within: RunningProgram.patience) == .exited(0))
            #expect(try await shell.exit() == .exited(0))
        }
    }

    @Test func `a second signal ends it at once, though a request is in flight`() async throws {
        let program = try RunningProgram(["--host", "127.0.0.1"])
        let ready = try await program.readyLine()
        let address = RunningProgram.field("http", of: ready).split(separator: ":")
        let script = """
            exec 3<>/dev/tcp/\(address[0])/\(address[1])
            printf 'POST / HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 10\\r\\n\\r\\n' >&3
            echo sent; read -r -u 3 line
            """
        let stalled = try ChildProcess(
            .init("/bin/bash", arguments: ["-c", script], standardOutput: .collected, standardError: .discarded))
        _ = await stalled.standardOutput?.line(within: RunningProgram.patience) { $0 == "sent" }
        // A request that is answered shows that the loop has seen the stalled one before it.
        _ = try await RunningProgram.get("/_fake/healthz", from: ready)
        program.process.kill(SIGTERM)
        let isStopping = await program.process.standardError?.line(within: RunningProgram.patience) {
            $0.contains("stopping")
        }
        #expect(isStopping != nil)
        program.process.kill(SIGTERM)
        #expect(try await program.exit() == .exited(1))
    }

    @Test func `data outlives the process, in a private folder that one process has to itself`() async throws {
        try await withFolder { folder in
            let data = folder + "/deep/data"
            let setup = "projects:\n  - name: demo\n    logstores:\n      - name: app\n        shards: 3\n"
            try Files.write(Array(setup.utf8), to: folder + "/init.yaml")
            let first = try RunningProgram(["--data", data, "--init", folder + "/init.yaml"])
            let ready = try await first.readyLine()
            #expect(Files.mode(data) == 0o700)
            #expect(RunningProgram.field("ca", of: ready) == data + "/ca.pem")

            let second = try RunningProgram(["--data", data])
            #expect(try await second.exit() == .exited(1))
            #expect(
                await second.errors().contains(
                    "the data folder \(data) is in use by another fake-sls: stop that one, or name another folder"))
            try await first.stop()

            let third = try RunningProgram(["--data", data])
            let shards = try await RunningProgram.get(
                "/logstores/app/shards", host: "demo.localhost", from: third.readyLine())
            #expect(shards.status == 200)
            #expect(String(decoding: shards.body, as: UTF8.self).contains(#""shardID":2"#))
            try await third.stop()
        }
    }

    @Test func `a port that is taken is a failure that names it`() async throws {
        let first = try RunningProgram(["--host", "127.0.0.1"])
        let address = RunningProgram.field("http", of: try await first.readyLine())
        let port = try #require(Int(address.dropFirst("127.0.0.1:".count)))
        let second = try RunningProgram(["--host", "127.0.0.1"], port: port)
        #expect(try await second.exit() == .exited(1))
        #expect(await second.errors().contains(address))
        try await first.stop()
    }

    @Test func `mistakes end it with 64 before anything starts`() async throws {
        try await withFolder { folder in
            let program = try RunningProgram(
                ["--auth", "maybe", "--data", folder + "/data", "--nonsense"], environment: ["FAKE_SLS_TLS_PORT": "x"])
            #expect(try await program.exit() == .exited(64))
            let errors = await program.errors()
            for name in ["--auth maybe", "FAKE_SLS_TLS_PORT x", "--nonsense"] { #expect(errors.contains(name)) }
            #expect(!Files.exists(folder + "/data"))
        }
    }

    @Test func `the metrics page shows what was asked`() async throws {
        try await withFolder { folder in
            try Files.write(Array("projects: [{name: demo, logstores: [{name: app}]}]\n".utf8), to: folder + "/init")
            let program = try RunningProgram(["--init", folder + "/init"])
            let ready = try await program.readyLine()
            let body = #"{"logstoreName":"more","ttl":1,"shardCount":3}"#
            _ = try await RunningProgram.get("/logstores", host: "demo.localhost", from: ready, posting: body)
            let metrics = try await RunningProgram.get("/_fake/metrics", from: ready)
            let lines = String(decoding: metrics.body, as: UTF8.self).split(separator: "\n")
            #expect(lines.contains(#"fake_sls_requests_total{api="CreateLogstore",code="OK"} 1"#))
            // At once, not at the next idle second.
            #expect(lines.contains("fake_sls_logstores 2"))
            try await program.stop()
        }
    }

    /// What a file holds, once it is there and not empty, without its line end.
    private func waitForFile(_ path: String) async throws -> String {
        let deadline = ContinuousClock.now + RunningProgram.patience
        while ContinuousClock.now < deadline {
            if Files.exists(path) {
                let text = String(decoding: try Files.read(path, limit: 1 << 16), as: UTF8.self)
                if text.hasSuffix("\n") { return String(text.dropLast()) }
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        return try #require(nil as String?, "\(path) did not come")
    }
}
