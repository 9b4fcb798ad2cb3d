public import Logging
public import SLSClient
import System

/// The file that `SLS_CREDENTIALS_FILE` names, whose keys may be rotated while the program runs.
///
/// It holds lines `SLS_AK_ID=…`, `SLS_AK_KEY=…` and, for temporary credentials, `SLS_STS_TOKEN=…`; empty lines and those
/// that begin with `#` say nothing. Nothing of it is ever shown.
public final class CredentialsFile: Sendable {
    private struct State {
        var credentials: Credentials
        var lastLook: Int64
        var isBeingRead = false
        /// What was wrong with it at the last look; said once.
        var mistake: SettingsError?
    }

    /// How long a look at the file holds.
    private static let interval = Duration.seconds(5)

    private let path: String
    private let now: @Sendable () -> Int64
    /// Does what blocks, away from whoever asks for credentials.
    private let aside: @Sendable (@escaping @Sendable () -> Void) throws(SystemError) -> Void
    /// Made when something is to be logged: the file is read before it is known where logs go.
    private let logger: @Sendable () -> Logger
    private let state: Lock<State>

    /// Reads it for the first time.
    ///
    /// - Throws: `SettingsError` when there is no such file, or keys are missing.
    public convenience init(
        _ path: String, logger: @autoclosure @escaping @Sendable () -> Logger = Logger(label: "sls-dispatch")
    ) throws(SettingsError) {
        try self.init(path, logger: logger(), now: { MonotonicClock.nanoseconds() })
    }

    /// - Parameters:
    ///   - now: A monotonic time in nanoseconds.
    ///   - aside: Does what blocks; called for one look at a time.
    init(
        _ path: String, logger: @autoclosure @escaping @Sendable () -> Logger, now: @escaping @Sendable () -> Int64,
        aside: @escaping @Sendable (@escaping @Sendable () -> Void) throws(SystemError) -> Void = {
            look throws(SystemError) in _ = try Thread.start(name: "sls-credentials", look)
        }
    ) throws(SettingsError) {
        self.logger = logger
        self.path = path
        self.now = now
        self.aside = aside
        state = Lock(State(credentials: try Self.read(path), lastLook: now()))
    }

    /// The credentials, at once; when the last look is 5 s old the file is read again, on a thread of its own, and until that
    /// is done the old ones hold. What cannot be read changes nothing: whoever rotates keys may be half-way through.
    public func current() -> Credentials {
        let time = now()
        let (credentials, isLookDue) = state.withLock { state in
            let isDue =
                !state.isBeingRead
                && time - state.lastLook >= Self.interval.components.seconds * 1_000_000_000
            if isDue { (state.isBeingRead, state.lastLook) = (true, time) }
            return (state.credentials, isDue)
        }
        if isLookDue {
            do throws(SystemError) {
                try aside { [self] in look() }
            } catch {
                take(.failure(SettingsError(mistakes: ["SLS_CREDENTIALS_FILE: \(error)"])))
            }
        }
        return credentials
    }

    private func look() {
        do throws(SettingsError) {
            take(.success(try Self.read(path)))
        } catch {
            take(.failure(error))
        }
    }

    private func take(_ found: Result<Credentials, SettingsError>) {
        let (isNew, mistake) = state.withLock { state -> (Bool, SettingsError?) in
            state.isBeingRead = false
            switch found {
            case .success(let credentials):
                defer { (state.credentials, state.mistake) = (credentials, nil) }
                return (credentials != state.credentials, nil)
            case .failure(let mistake):
                defer { state.mistake = mistake }
                return (false, mistake == state.mistake ? nil : mistake)
            }
        }
        if isNew { logger().notice("the credentials were read again", metadata: ["file": "\(path)"]) }
        if let mistake {
            logger().error("the credentials cannot be read again; the old ones stay", metadata: ["error": "\(mistake)"])
        }
    }

    private static func read(_ path: String) throws(SettingsError) -> Credentials {
        let bytes: [UInt8]
        do { bytes = try Files.read(path, limit: 1 << 16) } catch {
            throw SettingsError(mistakes: ["SLS_CREDENTIALS_FILE: \(error)"])
        }
        var values: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            if line.hasPrefix("#") { continue }
            guard let equals = line.firstIndex(of: "=") else {
                throw SettingsError(mistakes: ["SLS_CREDENTIALS_FILE: \(path) has a line that is not NAME=value"])
            }
            values[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        guard let id = values["SLS_AK_ID"], let secret = values["SLS_AK_KEY"], !id.isEmpty, !secret.isEmpty else {
            throw SettingsError(mistakes: ["SLS_CREDENTIALS_FILE: \(path) must set SLS_AK_ID and SLS_AK_KEY"])
        }
        let token = values["SLS_STS_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        return Credentials(accessKeyID: id, accessKeySecret: secret, securityToken: token)
    }
}

extension DispatcherSettings {
    /// Takes the credentials from a file at each request.
    public mutating func takeCredentials(from file: CredentialsFile) {
        credentials = file.current()
        credentialsProvider = { file.current() }
    }
}
