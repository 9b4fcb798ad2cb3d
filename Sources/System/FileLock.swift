import Glibc

/// An exclusive `flock` on a file, held while the value lives; the kernel drops it when the process ends in any way.
public final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, making the file (mode 0600) if it is not there. Does not wait. The file stays afterwards.
    ///
    /// - Returns: nil if another process, or another value in this one, holds it.
    /// - Throws: `SystemError` if the file cannot be opened or locked for another reason.
    public static func take(_ path: String) throws(SystemError) -> FileLock? {
        let descriptor = unsafe open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .last("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let failure = SystemError.last("flock", path)
            close(descriptor)
            if failure.code == EWOULDBLOCK { return nil }
            throw failure
        }
        return FileLock(descriptor: descriptor)
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}
