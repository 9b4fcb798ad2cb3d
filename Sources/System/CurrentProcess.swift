import Glibc

/// This process.
public enum CurrentProcess {
    /// Its number.
    public static var id: Int32 { getpid() }

    /// Ends it at once: no thread finishes, nothing is flushed.
    public static func exitNow(_ status: Int32) -> Never { _exit(status) }
}
