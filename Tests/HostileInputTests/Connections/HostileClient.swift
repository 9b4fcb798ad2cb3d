import Glibc
import System

/// One blocking connection that sends what it is told and reads until the other side ends. Used by one thread.
final class HostileClient {
    struct Failure: Error, CustomStringConvertible { let description: String }

    /// How the client ends its side.
    enum Ending: CaseIterable { case halfClose, wait, reset }

    private let descriptor: Int32

    /// - Parameter address: Such as `127.0.0.1:80`; every wait ends after half a minute.
    init(_ address: String) throws {
        guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw Failure(description: "no port in \(address)")
        }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var isOn: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = unsafe withUnsafeBytes(of: &name) { bytes in
            unsafe connect(
                descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        guard status == 0 else {
            // `deinit` closes: everything is initialised.
            throw Failure(description: "connect to \(address): errno \(errno)")
        }
    }

    deinit { close(descriptor) }

    /// Sends the pieces, each in a call of its own, as far as the other side takes them.
    func send(_ pieces: [[UInt8]]) {
        for piece in pieces {
            var rest = piece[...]
            while !rest.isEmpty {
                let count = unsafe rest.withUnsafeBytes {
                    unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                // Whoever answers and closes before all was sent is in his right.
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Ends the sending side; the other side may still answer.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Makes `close` tear the connection down instead of ending it.
    func resetOnClose() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    /// Reads until the other side ends.
    ///
    /// - Returns: What came, and whether it ended in order; a connection torn down by the other side is none.
    /// - Throws: When nothing comes for half a minute: it hangs.
    func readToEnd() throws -> (bytes: [UInt8], isComplete: Bool) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { return (bytes, true) }
            if count < 0 {
                if errno == EINTR { continue }
                guard errno != EAGAIN else { throw Failure(description: "no end after \(bytes.count) bytes") }
                return (bytes, false)
            }
            bytes += buffer.prefix(count)
        }
    }
}
