import CGNU
import Glibc

/// A program started by this one.
///
/// It starts with no signal blocked and every signal at its default action, whatever this process has set, and with no
/// file descriptor but the three standard ones. It is killed when the last reference to this value goes away.
public final class ChildProcess: Sendable {
    /// Where one of the child's output streams goes.
    public enum Output: Sendable, Equatable {
        /// To the same place as ours.
        case inherited
        /// Nowhere.
        case discarded
        /// To us, kept up to this many bytes.
        case pipe(byteLimit: Int)
        /// To the end of a file (made with mode 0644 if missing).
        case file(String)

        /// A pipe that keeps 4 MiB.
        public static let collected = Output.pipe(byteLimit: 4 << 20)
    }

    /// What to start and how.
    public struct Configuration: Sendable {
        /// The program: a path with a slash in it; `PATH` is not searched.
        public var executable: String
        /// Its arguments, without the program's own name.
        public var arguments: [String]
        /// All its variables; nil: the same as ours.
        public var environment: [String: String]?
        /// The folder it starts in; nil: the same as ours.
        public var workingFolder: String?
        /// Where its standard output goes; inherited unless set.
        public var standardOutput: Output
        /// Where its standard error goes; inherited unless set.
        public var standardError: Output

        /// Sets what to start; standard input is empty.
        public init(
            _ executable: String, arguments: [String] = [], environment: [String: String]? = nil,
            workingFolder: String? = nil, standardOutput: Output = .inherited, standardError: Output = .inherited
        ) {
            self.executable = executable
            self.arguments = arguments
            self.environment = environment
            self.workingFolder = workingFolder
            self.standardOutput = standardOutput
            self.standardError = standardError
        }
    }

    /// How a process ended.
    public enum Exit: Sendable, Equatable {
        /// By returning or calling `exit` with this status.
        case exited(Int32)
        /// By this signal.
        case signalled(Int32)
    }

    /// The process's number.
    public let pid: Int32
    /// What it wrote to standard output, if that is a pipe.
    public let standardOutput: ChildOutput?
    /// What it wrote to standard error, if that is a pipe.
    public let standardError: ChildOutput?
    private let reaper: Reaper

    /// Starts the program.
    ///
    /// - Throws: `SystemError`: `posix_spawn` with ENOENT or EACCES when it cannot be run.
    public init(_ configuration: Configuration) throws(SystemError) {
        let output = try OutputEnd(configuration.standardOutput)
        let error: OutputEnd
        do throws(SystemError) {
            error = try OutputEnd(configuration.standardError)
        } catch {
            output.closeChildSide()
            output.closeOurSide()
            throw error
        }
        pid = try spawn(configuration, output: output, error: error)
        reaper = Reaper(pid: pid)
        standardOutput = try output.startCollecting(name: "child-stdout")
        standardError = try error.startCollecting(name: "child-stderr")
        let reaper = reaper
        _ = try Thread.start(name: "child-wait") { reaper.run() }
    }

    deinit { reaper.kill(SIGKILL) }

    /// Sends a signal.
    ///
    /// - Returns: false if the process has ended; its number may by then be another's, so nothing is sent.
    @discardableResult
    public func kill(_ signal: Int32) -> Bool { reaper.kill(signal) }

    /// How it ended; nil while it runs.
    public var exit: Exit? { reaper.exit.current }

    /// Waits until it has ended, or the task is cancelled (then nil).
    public func wait() async -> Exit? { await reaper.exit.value() }

    /// Waits until it has ended, but no longer than `limit`.
    ///
    /// - Returns: nil if it was still running then; it goes on.
    public func wait(within limit: Duration) async -> Exit? { await reaper.exit.value(within: limit) }
}

/// Waits for one process on a thread of its own, and alone knows whether its number is still its own.
private final class Reaper: Sendable {
    let exit = Eventually<ChildProcess.Exit>()
    private let pid: Int32
    private let isReaped = Lock(false)

    init(pid: Int32) { self.pid = pid }

    @discardableResult
    func kill(_ signal: Int32) -> Bool {
        isReaped.withLock { isReaped in !isReaped && Glibc.kill(pid, signal) == 0 }
    }

    func run() {
        // First wait without taking the status: the number stays the child's until the lock is held, so that `kill`
        // never hits a stranger.
        var ended = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(pid), &ended, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        var status: Int32 = 0
        isReaped.withLock { isReaped in
            while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            isReaped = true
        }
        let signal = status & 0x7f
        exit.set(signal == 0 ? .exited(status >> 8 & 0xff) : .signalled(signal))
    }
}

/// The two sides of one output stream while the child is being started.
private struct OutputEnd {
    /// What the child's stream becomes; nil: it stays as ours.
    let childDescriptor: Int32?
    private let pipe: (descriptor: Int32, output: ChildOutput)?

    init(_ output: ChildProcess.Output) throws(SystemError) {
        switch output {
        case .inherited: (childDescriptor, pipe) = (nil, nil)
        case .discarded: (childDescriptor, pipe) = (try Self.open("/dev/null", O_WRONLY), nil)
        case .file(let path): (childDescriptor, pipe) = (try Self.open(path, O_WRONLY | O_CREAT | O_APPEND), nil)
        case .pipe(let byteLimit):
            var ends: [Int32] = [0, 0]
            guard unsafe cgnu_pipe2(&ends, O_CLOEXEC) == 0 else { throw .last("pipe2") }
            (childDescriptor, pipe) = (ends[1], (ends[0], ChildOutput(byteLimit: byteLimit)))
        }
    }

    /// Closes the child's side here; without that the end of the output would never come.
    func closeChildSide() { if let childDescriptor { close(childDescriptor) } }

    func closeOurSide() { if let pipe { close(pipe.descriptor) } }

    func startCollecting(name: String) throws(SystemError) -> ChildOutput? {
        guard let (descriptor, output) = pipe else { return nil }
        _ = try Thread.start(name: name) { output.collect(from: descriptor) }
        return output
    }

    private static func open(_ path: String, _ flags: Int32) throws(SystemError) -> Int32 {
        let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .last("open", path) }
        return descriptor
    }
}

private func spawn(
    _ configuration: ChildProcess.Configuration, output: OutputEnd, error: OutputEnd
) throws(SystemError) -> Int32 {
    defer {
        output.closeChildSide()
        error.closeChildSide()
    }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    if let descriptor = output.childDescriptor { unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, 1) }
    if let descriptor = error.childDescriptor { unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, 2) }
    if let folder = configuration.workingFolder { unsafe cgnu_spawn_change_folder(&actions, folder) }

    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let variables = configuration.environment ?? Environment.all()
    var pid: Int32 = 0
    let failure = unsafe withCStringArray([configuration.executable] + configuration.arguments) { arguments in
        unsafe withCStringArray(variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }) { environment in
            unsafe posix_spawn(&pid, configuration.executable, &actions, &attributes, arguments, environment)
        }
    }
    guard failure == 0 else {
        output.closeOurSide()
        error.closeOurSide()
        throw SystemError(call: "posix_spawn", subject: configuration.executable, code: failure)
    }
    return pid
}

/// Lends the texts as a nil-terminated array of C strings, for the time of `body`.
private func withCStringArray<Result>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    // strdup allocates; freed here when `body` is done.
    let copies = UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
    for (index, text) in texts.enumerated() { unsafe copies[index] = unsafe strdup(text) }
    unsafe copies[texts.count] = nil
    defer {
        for index in texts.indices { unsafe free(copies[index]) }
        unsafe copies.deallocate()
    }
    guard let base = copies.baseAddress else { preconditionFailure("an array of one or more has an address") }
    return unsafe body(base)
}
