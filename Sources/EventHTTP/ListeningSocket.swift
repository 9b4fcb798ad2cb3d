import Glibc

/// Sole owner of a socket that listens.
final class ListeningSocket {
    let descriptor: Int32
    let port: Int
    /// `127.0.0.1:10180` or `[::1]:10180`.
    let address: String
    /// The address without the port or brackets.
    let host: String
    private var isOpen = true

    /// Binds and listens.
    ///
    /// SO_REUSEADDR lets a restarted server have its port back at once; without SO_REUSEPORT a second server on the same
    /// port is an error.
    ///
    /// - Parameter port: 0 for a free one.
    /// - Throws: `.addressInUse` or `.address`, with the address.
    init(_ wanted: SocketAddress, port: Int) throws(EventHTTPError) {
        let text = wanted.text(port: port)
        let descriptor = socket(
            wanted.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw Self.error(text, errno) }
        do throws(EventHTTPError) {
            Self.set(descriptor, SOL_SOCKET, SO_REUSEADDR)
            // Inherited by accepted sockets. Without it answers of several pieces wait for delayed acknowledgements.
            Self.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
            if wanted.family == AF_INET6 { Self.set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
            let status = unsafe wanted.withSocketAddress(port: port) { address, length in
                unsafe bind(descriptor, address, length)
            }
            guard status == 0 else { throw Self.error(text, errno) }
            guard listen(descriptor, 1024) == 0 else { throw Self.error(text, errno) }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.port = SocketAddress.localPort(of: descriptor)
        address = wanted.text(port: self.port)
        host = wanted.host
    }

    deinit { close() }

    func close() {
        guard isOpen else { return }
        isOpen = false
        Glibc.close(descriptor)
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32) {
        var on: Int32 = 1
        let status = unsafe setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
        precondition(status == 0, "setsockopt(\(level), \(option)) failed with errno \(errno)")
    }

    private static func error(_ address: String, _ code: Int32) -> EventHTTPError {
        code == EADDRINUSE
            ? EventHTTPError(.addressInUse, "cannot listen on \(address): \(errorText(code))")
            : EventHTTPError(.address, "cannot listen on \(address): \(errorText(code))")
    }
}

extension ListeningSocket {
    /// Listens on all of the hosts on one port number.
    ///
    /// - Parameters:
    ///   - hosts: Addresses or names; empty means 127.0.0.1 and, where it exists, ::1.
    ///   - port: 0 for one that is free on all of them.
    /// - Returns: At least one, in the order of `hosts`.
    static func open(hosts: [String], port: Int) throws(EventHTTPError) -> [ListeningSocket] {
        var addresses: [SocketAddress] = []
        for host in hosts {
            for address in try SocketAddress.resolve(host) where !addresses.contains(address) {
                addresses.append(address)
            }
        }
        var optional: [SocketAddress] = []
        if addresses.isEmpty {
            addresses = try SocketAddress.resolve("127.0.0.1")
            optional = try SocketAddress.resolve("::1")
        }
        // Only a port the system picked can be taken on the next address; then another is picked.
        var attemptsLeft = port == 0 ? 32 : 1
        while true {
            attemptsLeft -= 1
            do throws(EventHTTPError) {
                return try open(addresses, optional: optional, port: port)
            } catch  where error.kind == .addressInUse && attemptsLeft > 0 {
                continue
            }
        }
    }

    private static func open(
        _ addresses: [SocketAddress], optional: [SocketAddress], port: Int
    ) throws(EventHTTPError) -> [ListeningSocket] {
        var sockets: [ListeningSocket] = []
        for address in addresses {
            sockets.append(try ListeningSocket(address, port: sockets.first?.port ?? port))
        }
        for address in optional {
            do throws(EventHTTPError) {
                sockets.append(try ListeningSocket(address, port: sockets.first?.port ?? port))
            } catch  where error.kind == .address {
                // A machine without that address family; the others serve it.
                continue
            }
        }
        return sockets
    }
}
