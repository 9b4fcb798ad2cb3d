import Glibc
import System

/// A blocking client socket that sends exactly the bytes it is given. Used on one thread, off the cooperative pool.
// @unchecked Sendable: a test hands it from one blocking thread to the next, never to two at once.
final class RawClient: @unchecked Sendable {
    struct Failure: Error, CustomStringConvertible { let description: String }

    /// An answer, as it stood on the wire.
    struct Answer {
        var status: Int
        var headers: [(name: String, value: String)]
        var body: [UInt8]

        subscript(name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    let descriptor: Int32
    /// The protocol version of TLS, such as `TLSv1.3`.
    var version: String { session?.version ?? "" }
    private let address: String
    private let port: UInt16
    private var input: [UInt8] = []
    private var session: ClientSession?

    /// Connects; every later wait ends after 60 seconds.
    ///
    /// - Parameter address: `127.0.0.1:80` or `[::1]:80`.
    convenience init(_ address: String) throws {
        try self.init(unconnectedFor: address)
        try connect()
    }

    /// Has its descriptor, and needs none any more to connect.
    init(unconnectedFor address: String) throws {
        guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]) else {
            throw Failure(description: "no address: \(address)")
        }
        self.address = address
        self.port = port
        let family = address.hasPrefix("[") ? AF_INET6 : AF_INET
        descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        // `deinit` closes: everything is initialised.
        guard descriptor >= 0 else { throw Failure(description: "socket for \(address): errno \(errno)") }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    func connect() throws {
        let status: Int32
        if address.hasPrefix("[") {
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = port.bigEndian
            name.sin6_addr = in6addr_loopback
            status = unsafe withUnsafeBytes(of: &name) { bytes in
                unsafe Glibc.connect(
                    descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
            }
        } else {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            status = unsafe withUnsafeBytes(of: &name) { bytes in
                unsafe Glibc.connect(
                    descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
            }
        }
        guard status == 0 else { throw Failure(description: "connect to \(address): errno \(errno)") }
    }

    deinit { close(descriptor) }

    /// Starts TLS on the connection.
    ///
    /// - Parameters:
    ///   - authorityFile: What is trusted.
    ///   - serverName: Sent to the server; nil sends none.
    ///   - host: What the certificate must be for: a name or an address.
    ///   - newest: The newest version to speak.
    ///   - opening: Sent in one piece with the first bytes of TLS; its answer is read before TLS goes on.
    /// - Throws: `Failure` with OpenSSL's reason.
    func startTLS(
        trusting authorityFile: String, serverName: String?, host: String,
        newest: ClientSession.Version = .tls13, behind opening: String? = nil
    ) throws {
        let session = try ClientSession(
            authorityFile: authorityFile, serverName: serverName, host: host, newest: newest)
        if let opening {
            try send(Array(opening.utf8) + session.hello())
            // Byte by byte: what follows the answer is OpenSSL's.
            var byte: UInt8 = 0
            while !input.reversed().starts(with: "\n\r\n\r".utf8) {
                guard unsafe recv(descriptor, &byte, 1, 0) == 1 else { throw Failure(description: "no tunnel") }
                input.append(byte)
            }
            guard try answer().status == 200 else { throw Failure(description: "no tunnel") }
        }
        try session.connect(descriptor)
        self.session = session
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        if let session { return try session.send(bytes) }
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { memory in
                unsafe Glibc.send(
                    descriptor, memory.baseAddress?.advanced(by: sent), memory.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "send: errno \(errno)") }
            sent += count
        }
    }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next answer with its body.
    ///
    /// - Parameter isHead: The answer to a HEAD has no body, whatever its length says.
    func answer(isHead: Bool = false) throws -> Answer {
        let end = Array("\r\n\r\n".utf8)
        var headEnd: Int?
        while true {
            headEnd = input.indices.first { input[$0...].starts(with: end) }
            if headEnd != nil { break }
            guard try readMore() else { throw Failure(description: "the connection ended in \(input.count) bytes") }
        }
        let head = String(decoding: input[..<(headEnd ?? 0)], as: UTF8.self)
        input.removeFirst((headEnd ?? 0) + end.count)
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let words = lines.removeFirst().split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw Failure(description: "no status line in \(head)")
        }
        var answer = Answer(status: status, headers: [], body: [])
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            answer.headers.append((String(parts[0]), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""))
        }
        if !isHead, let length = answer["Content-Length"].flatMap({ Int($0) }) {
            while input.count < length {
                guard try readMore() else {
                    throw Failure(description: "the connection ended after \(input.count) of \(length) bytes")
                }
            }
            answer.body = Array(input.prefix(length))
            input.removeFirst(length)
        }
        return answer
    }

    /// Whether the server has ended the connection properly, with nothing more sent. Waits for it.
    func isEnded() throws -> Bool { try input.isEmpty && !readMore() }

    /// - Returns: false at the end of the stream.
    private func readMore() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        if let session {
            let count = try session.receive(&buffer)
            input.append(contentsOf: buffer.prefix(count))
            return count > 0
        }
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw Failure(description: "recv: errno \(errno)") }
        input.append(contentsOf: buffer.prefix(count))
        return count > 0
    }
}
