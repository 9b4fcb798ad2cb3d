import Dispatcher
import SLSProtocol
import System

/// Where a command's settings come from: an option wins over the file of `--config`, the file over variables.
struct SettingsSource: Sendable {
    /// The variables that the given options stand for.
    let options: [String: String]
    /// The variables that the process was started with.
    let environment: [String: String]

    /// The file of `--config`; nil without one.
    var file: String? { Self.text(options["SLS_CONFIG"]) ?? Self.text(environment["SLS_CONFIG"]) }

    /// What is set at this moment: the file is read anew.
    ///
    /// - Parameter now: For relative start positions.
    /// - Throws: `SettingsError` when a file that is named cannot be read.
    func read(now: Timestamp) throws(SettingsError) -> Reading {
        let file: ConfigurationFile? =
            if let path = self.file { try ConfigurationFile(path: path) } else { nil }
        var variables = environment.merging(file?.variables ?? [:]) { $1 }.merging(options) { $1 }
        var mistakes: [String] = []
        var credentials: CredentialsFile?
        if let path = Self.text(variables["SLS_CREDENTIALS_FILE"]) {
            do throws(SettingsError) { credentials = try CredentialsFile(path) } catch { mistakes = error.mistakes }
            // They are in the file, and need not be given elsewhere.
            for name in ["SLS_AK_ID", "SLS_AK_KEY"] { variables[name] = "in SLS_CREDENTIALS_FILE" }
        }
        var reading = Reading(source: self, configuration: file, variables: variables.filter { !$0.value.isEmpty })
        do throws(SettingsError) {
            var settings = try DispatcherSettings(environment: variables, routes: file?.routes, now: now)
            if let credentials { settings.takeCredentials(from: credentials) }
            reading.settings = settings
        } catch {
            mistakes += error.mistakes
        }
        if let path = reading.variables["SLS_CA_FILE"], !Files.exists(path) {
            mistakes.append("SLS_CA_FILE: there is no file \(path)")
        }
        reading.mistakes = mistakes
        return reading
    }

    /// What was read at one moment.
    struct Reading {
        fileprivate let source: SettingsSource
        /// The file that was read; nil without one.
        fileprivate let configuration: ConfigurationFile?
        /// Everything that is set, by variable.
        let variables: [String: String]
        /// nil where there are mistakes.
        var settings: DispatcherSettings?
        /// What is wrong with it, a sentence each that begins with the variable.
        var mistakes: [String] = []

        /// - Throws: `SettingsError` with every mistake, in the words of whoever made it: by the option, the place in the file, or
        ///   the variable.
        func checked() throws(SettingsError) -> DispatcherSettings {
            let found = (configuration?.mistakes ?? []) + mistakes.map(explained).filter { !$0.isEmpty }
            guard let settings, found.isEmpty else { throw SettingsError(mistakes: found) }
            return settings
        }

        private func explained(_ mistake: String) -> String {
            // Not SLS_ENDPOINT for SLS_ENDPOINT_TO.
            let name = String(mistake.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
            let rest = String(mistake.dropFirst(name.count))
            if SettingsSource.text(source.options[name]) != nil, let key = ConfigurationFile.key(of: name) {
                return "--\(key)\(rest)"
            }
            return configuration?.explained(name, rest) ?? mistake
        }
    }

    fileprivate static func text(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
}
