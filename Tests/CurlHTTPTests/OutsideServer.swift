import CurlHTTP
import Glibc
import System

/// A small HTTP server that is not ours: CPython's, run as a child process for as long as this object lives.
///
/// It also ends when its parent is gone, so it does not outlive the tests, however they end.
final class OutsideServer: Sendable {
    private let process: ChildProcess
    /// The port it listens on, on 127.0.0.1 only.
    let port: Int

    /// The plain server most tests share.
    static let shared = Task { try await OutsideServer() }

    /// - Parameter certificate: PEM files of chain and key; nil speaks plain HTTP.
    init(certificate: (chain: String, key: String)? = nil) async throws {
        let files = certificate.map { [$0.chain, $0.key] } ?? []
        process = try ChildProcess(
            .init(
                "/usr/bin/env", arguments: ["python3", "-c", OutsideServer.script, "\(getpid())"] + files,
                standardOutput: .collected))
        let line = await process.standardOutput?.line(within: .seconds(30)) { !$0.isEmpty }
        guard let port = line.flatMap({ Int($0) }) else {
            throw SystemError(call: "python3", subject: "no port within 30 s", code: ETIME)
        }
        self.port = port
    }

    func url(_ path: String, scheme: String = "http", host: String = "127.0.0.1") -> String {
        "\(scheme)://\(host):\(port)\(path)"
    }

    /// Paths: `/echo`, `/count/KEY` (requests seen), `/slow/KEY`, `/drop/KEY` (reads all, answers nothing), `/big/N`,
    /// `/headers/N`, `/continue`, `/never-ending`, `/garbage`; a whole URL is answered as a proxy would.
    private static let script = """
        import collections, http.server, os, socketserver, ssl, sys, threading, time
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
                if len(sys.argv) > 2: connection = context.wrap_socket(connection, server_side=True,
                    do_handshake_on_connect=False)
                return connection, address
            def handle_error(self, *_): pass
        if len(sys.argv) > 2:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[2], sys.argv[3])
        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        while os.getppid() == int(sys.argv[1]): time.sleep(0.5)
        """
}

/// Certificates made by the `openssl` program, in a folder that goes with this object: an authority, and one leaf of it.
final class Certificates: Sendable {
    let folder: String
    var authority: String { folder + "/ca.pem" }
    var leaf: (chain: String, key: String) { (folder + "/leaf.pem", folder + "/leaf.key") }

    /// - Parameter days: How long the leaf is valid; -1 is over already.
    init(host: String = "demo.localhost", days: Int = 2) async throws {
        folder = try Files.makeTemporaryFolder(prefix: "curlhttp-")
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout"]
        try await openssl(
            ["req", "-x509", "-subj", "/CN=test authority", "-days", "2", "-out", "ca.pem"] + key + ["ca.key"])
        try await openssl(
            ["req", "-new", "-subj", "/CN=leaf", "-addext", "subjectAltName=DNS:\(host)", "-out", "leaf.csr"] + key
                + ["leaf.key"])
        try await openssl(
            ["x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
                + ["-days", "\(days)", "-copy_extensions", "copyall", "-out", "leaf.pem"])
    }

    // A folder that cannot be removed harms no test.
    deinit { try? Files.removeTree(folder) }

    private func openssl(_ arguments: [String]) async throws {
        let process = try ChildProcess(
            .init(
                "/usr/bin/env", arguments: ["openssl"] + arguments, workingFolder: folder,
                standardOutput: .discarded, standardError: .discarded))
        guard await process.wait(within: .seconds(30)) == .exited(0) else {
            throw SystemError(call: "openssl", subject: arguments.joined(separator: " "), code: EINVAL)
        }
    }
}
