import Glibc

/// A system call that failed: which one, on what, and the `errno` it left.
public struct SystemError: Error, Equatable, CustomStringConvertible {
    /// The C function's name, such as `open`.
    public let call: String
    /// What it was called on (a path, a program, a name); empty if nothing names it.
    public let subject: String
    /// The value of `errno`.
    public let code: Int32

    /// Makes an error from its parts.
    public init(call: String, subject: String = "", code: Int32) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    /// The error that the call which just failed left in `errno`.
    static func last(_ call: String, _ subject: String = "") -> SystemError {
        SystemError(call: call, subject: subject, code: errno)
    }

    /// `open "/x": No such file or directory`.
    public var description: String {
        let reason = unsafe String(cString: strerror(code))
        return subject.isEmpty ? "\(call): \(reason)" : "\(call) \"\(subject)\": \(reason)"
    }
}
