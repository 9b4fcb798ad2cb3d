import Glibc

/// An internet address of either family, without a port.
struct SocketAddress: Equatable {
    /// Numeric, such as `127.0.0.1` or `::1`.
    let host: String
    let family: Int32
    /// A `sockaddr_in` or `sockaddr_in6`.
    private let bytes: [UInt8]

    /// `127.0.0.1:80` or `[::1]:80`.
    func text(port: Int) -> String { family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Looks up a host.
    ///
    /// - Parameter host: An address (an IPv6 one with or without brackets) or a name.
    /// - Returns: At least one.
    /// - Throws: `.address`, with the host.
    static func resolve(_ host: String) throws(EventHTTPError) -> [SocketAddress] {
        let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(name, nil, &hints, &list)
        defer { if let list = unsafe list { unsafe freeaddrinfo(list) } }
        guard status == 0 else {
            throw EventHTTPError(
                .address, "cannot listen on \"\(host)\": \(unsafe String(cString: gai_strerror(status)))")
        }
        var found: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            let length = unsafe entry.pointee.ai_addrlen
            let address = unsafe SocketAddress(
                host: numericHost(entry.pointee.ai_addr, length), family: entry.pointee.ai_family,
                bytes: Array(UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: Int(length))))
            if !found.contains(address) { found.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }

    /// Lends the address with a port as C wants it.
    func withSocketAddress<Result>(port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var bytes = bytes
        // The port stands at the same place in both families, high byte first.
        bytes[2] = UInt8(port >> 8 & 0xff)
        bytes[3] = UInt8(port & 0xff)
        return unsafe bytes.withUnsafeBytes { memory in
            guard let start = unsafe memory.bindMemory(to: sockaddr.self).baseAddress else {
                preconditionFailure("an empty socket address")
            }
            return unsafe body(start, socklen_t(memory.count))
        }
    }

    /// The address as text, without port; empty if it is of no internet family.
    static func numericHost(_ address: UnsafePointer<sockaddr>?, _ length: socklen_t) -> String {
        var text = [CChar](repeating: 0, count: 128)
        let status = unsafe getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        guard status == 0 else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether a text is an address, not a name.
    static func isNumeric(_ text: String) -> Bool {
        var memory = in6_addr()
        return unsafe inet_pton(AF_INET, text, &memory) == 1 || inet_pton(AF_INET6, text, &memory) == 1
    }

    /// The address and port that a connected socket has on this side; empty if it is of no internet family.
    static func localAddress(of descriptor: Int32) -> String {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let host = unsafe withUnsafeMutableBytes(of: &storage) { memory in
            let address = unsafe memory.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            return unsafe getsockname(descriptor, address, &length) == 0 ? numericHost(address, length) : ""
        }
        guard !host.isEmpty else { return "" }
        let port = localPort(of: descriptor)
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The port a bound socket has.
    static func localPort(of descriptor: Int32) -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutableBytes(of: &storage) { memory in
            let address = unsafe memory.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            let status = unsafe getsockname(descriptor, address, &length)
            precondition(status == 0, "getsockname failed with errno \(errno)")
            return unsafe Int(memory[2]) << 8 | Int(memory[3])
        }
    }
}
