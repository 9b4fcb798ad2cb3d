import Glibc

/// A name in the abstract Unix socket space, held while the value lives.
///
/// Exclusive among all processes that share a network namespace, whatever files they see. The kernel drops it when the
/// process ends in any way.
public final class AbstractSocketLock: Sendable {
    private let descriptor: Int32

    /// Takes the name. Does not wait.
    ///
    /// - Parameter name: 1 to 100 bytes.
    /// - Returns: nil if somebody else holds it.
    /// - Throws: `SystemError`; code EINVAL for a name of another length.
    public static func take(_ name: String) throws(SystemError) -> AbstractSocketLock? {
        let bytes = Array(name.utf8)
        guard (1...100).contains(bytes.count) else { throw SystemError(call: "bind", subject: name, code: EINVAL) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .last("socket", name) }
        guard bindAbstract(descriptor, bytes) == 0 else {
            let failure = SystemError.last("bind", name)
            close(descriptor)
            if failure.code == EADDRINUSE { return nil }
            throw failure
        }
        return AbstractSocketLock(descriptor: descriptor)
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

/// bind(2) to the name after a leading zero byte; the address length tells where the name ends.
private func bindAbstract(_ descriptor: Int32, _ name: [UInt8]) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { path in
        for (index, byte) in name.enumerated() { unsafe path[index + 1] = byte }
    }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.count)
    return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, length) }
    }
}
