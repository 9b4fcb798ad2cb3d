import Dispatcher
import Logging
import SLSProtocol
import System

/// What `run` was told: options, else the file of `--config`, else variables; checked as a whole.
struct RunOptions: Sendable {
    var settings: DispatcherSettings
    var admin: AdminAddress?
    var logLevel = Logger.Level.notice
    /// What a probe file says of the mode of delivery; nil without one, or where nothing speaks against the mode that is given.
    var probeNotice: String?

    init(_ source: SettingsSource) throws(SettingsError) {
        let now = Timestamp(seconds: Int(WallClock.nanoseconds() / 1_000_000_000))
        var reading = try source.read(now: now)
        let variables = reading.variables
        if let text = variables["SLS_ADMIN"] {
            admin = AdminAddress(text)
            if admin == nil {
                reading.mistakes.append("SLS_ADMIN: \"\(text)\": expected address:port, such as 127.0.0.1:9000")
            }
        }
        if let text = variables["SLS_LOG_LEVEL"] {
            if let level = Logger.Level(rawValue: text) {
                logLevel = level
            } else {
                let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                reading.mistakes.append("SLS_LOG_LEVEL: \"\(text)\": expected one of \(known)")
            }
        }
        if let path = variables["SLS_PROBE_FILE"] {
            do throws(SettingsError) {
                let record = try ProbeFile(path).found()
                if variables["SLS_DELIVERY"] == nil {
                    probeNotice = reading.settings?.adopt(record, now: now)
                } else if let settings = reading.settings, settings.delivery.mode.isExact {
                    probeNotice = try settings.examine(
                        record, in: settings.delivery.mode, for: "--delivery \(settings.delivery.mode.rawValue)",
                        instead: "at-least-once")
                }
            } catch {
                reading.mistakes += error.mistakes
            }
        }
        settings = try reading.checked()
    }
}
