import Glibc

/// Where this program lies.
public enum ExecutablePath {
    /// The absolute path of the running program (`/proc/self/exe`).
    public static func current() throws(SystemError) -> String {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &bytes, bytes.count)
        guard count >= 0 else { throw .last("readlink", "/proc/self/exe") }
        return String(decoding: bytes.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The folder the running program lies in, without a trailing slash.
    public static func folder() throws(SystemError) -> String {
        let path = try current()
        return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }
}
