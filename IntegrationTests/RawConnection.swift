import Glibc
import System

/// A TCP connection that sends bytes as they are: what no SDK would.
final class RawConnection: Sendable {
    private let descriptor: Int32

    /// Connects to a port on 127.0.0.1.
    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // A hung server fails the test instead of the run.
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard status == 0 else {
            close(descriptor)
            throw HarnessError("connect to port \(port): errno \(errno)")
        }
    }

    deinit { close(descriptor) }

    /// Sends all of it, or as much as the other side takes before it closes.
    func send(_ text: String) async throws {
        try await Thread.run(name: "raw-send") { [self] in sendBlocking(text) }
    }

    /// Closes our sending side; the answer can still come.
    func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads until the other side closes, or has sent `text`.
    ///
    /// - Throws: If neither happens within half a minute.
    func read(until text: String? = nil) async throws -> String {
        try await Thread.run(name: "raw-read") { [self] in try readBlocking(until: text) }
    }

    /// Sends the same request many times over, each in these writes, and waits for each answer's head; all on one thread.
    ///
    /// - Returns: How long each took, in that order.
    func roundTrips(_ count: Int, _ writes: [String]) async throws -> [Duration] {
        try await Thread.run(name: "raw-round-trips") { [self] in
            try (0..<count).map { _ in
                let began = ContinuousClock.now
                for part in writes { sendBlocking(part) }
                let answer = try readBlocking(until: "\r\n\r\n")
                guard answer.hasPrefix("HTTP/1.1 200 ") else { throw HarnessError(answer) }
                return ContinuousClock.now - began
            }
        }
    }

    /// Sends a request, or the rest of one, and reads one answer: its head, and as much body as that announces.
    ///
    /// - Throws: If no whole answer comes within half a minute.
    func exchange(_ bytes: [UInt8]) async throws -> RawAnswer {
        try await Thread.run(name: "raw-exchange") { [self] in
            sendBlocking(bytes)
            return try readAnswer()
        }
    }

    /// The same for a request that is all text.
    func exchange(_ text: String) async throws -> RawAnswer { try await exchange(Array(text.utf8)) }

    private func readAnswer() throws -> RawAnswer {
        var received: [UInt8] = []
        while true {
            if let end = received.firstRange(of: Array("\r\n\r\n".utf8)),
                var answer = RawAnswer(head: received[..<end.lowerBound])
            {
                let length = Int(answer["Content-Length"] ?? "") ?? 0
                if received.count - end.upperBound >= length {
                    answer.body = Array(received[end.upperBound...].prefix(length))
                    return answer
                }
            }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else {
                throw HarnessError("no whole answer; so far: \(String(decoding: received, as: UTF8.self))")
            }
            received += buffer.prefix(count)
        }
    }

    private func sendBlocking(_ text: String) { sendBlocking(Array(text.utf8)) }

    private func sendBlocking(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    private func readBlocking(until text: String?) throws -> String {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) {
                throw HarnessError("no answer in time; so far: \(String(decoding: received, as: UTF8.self))")
            }
            if count > 0 { received += buffer.prefix(count) }
            let answer = String(decoding: received, as: UTF8.self)
            // A reset is an end as well.
            if count <= 0 || text.map(answer.contains) == true { return answer }
        }
    }
}
