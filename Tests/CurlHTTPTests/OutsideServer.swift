import CurlHTTP
import Foundation
import System

// @unchecked: immutable after the init; `Process` is only asked to end.
/// A small HTTP server that is not ours: CPython's, run as a child process for as long as this object lives.
///
/// It ends when its standard input closes, so it does not outlive the tests, however they end.
final class OutsideServer: @unchecked Sendable {
    private let process: Process
    private let input: Pipe
    /// The port it listens on, on 127.0.0.1 only.
    let port: Int

    /// The plain server most tests share.
    static let shared = Result { try OutsideServer() }

    /// - Parameter certificate: PEM files of chain and key; nil speaks plain HTTP.
    init(certificate: (chain: String, key: String)? = nil) throws {
        let folder = try temporaryFolder()
        // The child has read it by then, and a leftover harms nobody.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = folder + "/server.py"
        try OutsideServer.script.write(toFile: script, atomically: false, encoding: .utf8)
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script] + (certificate.map { [$0.chain, $0.key] } ?? [])
        input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = ""
        while !line.hasSuffix("\n") {
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else { throw CocoaError(.executableLoad) }
            line += String(decoding: piece, as: UTF8.self)
        }
        guard let port = Int(line.dropLast()) else { throw CocoaError(.coderInvalidValue) }
        self.port = port
    }

    deinit {
        try? input.fileHandleForWriting.close()  // Closed already is closed.
    }

    func url(_ path: String, scheme: String = "http", host: String = "127.0.0.1") -> String {
        "\(scheme)://\(host):\(port)\(path)"
    }

    /// Paths: `/echo`, `/count/KEY` (requests seen), `/slow/KEY`, `/drop/KEY` (reads all, answers nothing), `/big/N`,
    /// `/headers/N`, `/continue`, `/never-ending`, `/garbage`; a whole URL is answered as a proxy would.
    private static let script = """
        import collections, http.server, socketserver, ssl, sys, threading, time
        seen = collections.Counter()
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            def handle_expect_100(self): return True
            def log_message(self, *_): pass
            def answer(self, body=b"", headers=()):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Peer", str(self.client_address[1]))
                for name, value in headers: self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            def run(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.command == "CONNECT":
                    seen["tunnel " + self.path] += 1
                    self.send_response(403); self.send_header("Content-Length", "0"); self.end_headers()
                    return
                if self.path.startswith("http://"): return self.answer(b"proxied " + self.path.encode())
                word, _, key = self.path[1:].partition("/")
                if word != "count": seen[key] += 1
                if word == "echo":
                    names = ",".join(sorted(name.lower() for name in self.headers.keys()))
                    self.answer(body, [("X-Method", self.command), ("X-Names", names), ("X-Host", self.headers["Host"]),
                        ("X-Empty", ""), ("X-Length", str(self.headers.get("Content-Length")))])
                elif word == "count": self.answer(str(seen[key]).encode())
                elif word == "slow": time.sleep(20)
                elif word == "drop": self.close_connection = True
                elif word == "big": self.answer(b"x" * int(key))
                elif word == "headers": self.answer(b"", [("X-%d" % i, "v") for i in range(int(key))])
                elif word == "garbage": self.wfile.write(b"\\x00\\x01nothing like it\\r\\n\\r\\n"); self.close_connection = True
                elif word == "continue":
                    self.wfile.write(b"HTTP/1.1 100 Continue\\r\\nX-Early: 1\\r\\n\\r\\n")
                    self.answer(b"late", [("X-Late", "1")])
                elif word == "never-ending":
                    self.send_response(200); self.end_headers(); self.close_connection = True
                    try:
                        while True: self.wfile.write(b"x" * 65536)
                    except OSError: pass
                else: self.answer(b"?")
            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_CONNECT = run
        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            request_queue_size = 256
            def get_request(self):
                connection, address = self.socket.accept()
                if len(sys.argv) > 1: connection = context.wrap_socket(connection, server_side=True,
                    do_handshake_on_connect=False)
                return connection, address
            def handle_error(self, *_): pass
        if len(sys.argv) > 1:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1], sys.argv[2])
        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()
        """
}

/// A new folder of its own.
func temporaryFolder() throws -> String {
    let folder = NSTemporaryDirectory() + "/curlhttp-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
}

/// Certificates made by the `openssl` program: an authority, and leaves that are good, expired and for another name.
struct Certificates {
    let folder: String
    var authority: String { folder + "/ca.pem" }
    func leaf(_ name: String) -> (chain: String, key: String) { (folder + "/\(name).pem", folder + "/\(name).key") }

    init() throws {
        folder = try temporaryFolder()
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try openssl(
            ["req", "-x509", "-subj", "/CN=test authority", "-days", "2", "-out", "ca.pem", "-keyout", "ca.key"] + curve
        )
        for (name, host, days) in [
            ("good", "demo.localhost", "2"), ("expired", "demo.localhost", "-1"), ("other", "elsewhere.localhost", "2"),
        ] {
            try openssl(
                [
                    "req", "-new", "-subj", "/CN=leaf", "-addext", "subjectAltName=DNS:\(host)", "-out", "\(name).csr",
                    "-keyout", "\(name).key",
                ]
                    + curve)
            try openssl([
                "x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                days,
                "-copy_extensions", "copyall", "-out", "\(name).pem",
            ])
        }
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
