import CGNU
import Glibc

/// Which signals reach this process.
public enum SignalMask {
    /// Unblocks every signal on the calling thread; threads started later inherit that.
    ///
    /// Called first in `main`: a parent may have started us with SIGTERM blocked (Foundation's `Process` does).
    public static func clear() {
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe pthread_sigmask(SIG_SETMASK, &none, nil)
    }

    /// Lets a write to a closed pipe or socket fail with EPIPE instead of ending the process.
    public static func ignoreBrokenPipe() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
