import Glibc

/// What this machine calls itself.
public enum HostName {
    /// The name as `hostname` prints it; `localhost` if the system gives none.
    public static func current() -> String {
        var bytes = [CChar](repeating: 0, count: 256)
        // One byte stays zero: a name that was cut has no terminator of its own.
        guard unsafe gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
        let name = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return name.isEmpty ? "localhost" : name
    }
}
