import Dispatcher
import System
import YAML

/// The file of `--config`: what the variables say, by names without `SLS_`, and routes as a mapping.
///
/// ```yaml
/// endpoint: cn-hangzhou.log.aliyuncs.com
/// project: demo
/// logstore: source
/// group: dispatch
/// routes:
///   nginx: web
///   sql_audit: [audit, archive]
/// delivery: exactly-once
/// ```
struct ConfigurationFile: Sendable {
    /// Each key with the variable that it takes the place of, in the order of the documentation.
    static let keys: [(key: String, variable: String)] = [
        ("endpoint", "SLS_ENDPOINT"), ("project", "SLS_PROJECT"), ("logstore", "SLS_LOGSTORE"), ("group", "SLS_CG"),
        ("endpoint-to", "SLS_ENDPOINT_TO"), ("project-to", "SLS_PROJECT_TO"), ("ak-id", "SLS_AK_ID"),
        ("ak-key", "SLS_AK_KEY"), ("sts-token", "SLS_STS_TOKEN"), ("credentials-file", "SLS_CREDENTIALS_FILE"),
        ("ca-file", "SLS_CA_FILE"), ("consumer-name", "SLS_CONSUMER_NAME"), ("cursor-start", "SLS_CURSOR_START"),
        ("group-timeout", "SLS_GROUP_TIMEOUT"), ("gap-policy", "SLS_GAP_POLICY"), ("delivery", "SLS_DELIVERY"),
        ("identity", "SLS_IDENTITY"), ("lanes", "SLS_LANES"), ("dead-letter", "SLS_DEAD_LETTER"),
        ("batch-wait", "SLS_BATCH_WAIT"), ("dispatch-tag", "SLS_DISPATCH_TAG"), ("probe-file", "SLS_PROBE_FILE"),
        ("admin", "SLS_ADMIN"), ("log-level", "SLS_LOG_LEVEL"),
    ]

    /// What the file sets, as variables.
    let variables: [String: String]
    /// Where it is.
    private let path: String
    /// Each topic with one of its logstores; nil where the file has no routes.
    let routes: [(topic: String, logstore: String)]?

    /// - Throws: `SettingsError` with every mistake, each with the file, its line and its column.
    init(path: String) throws(SettingsError) {
        do {
            self = try Self(YAMLDocument.parse(try Files.read(path, limit: 1 << 20)), path: path)
        } catch let error as SettingsError {
            throw error
        } catch {
            throw SettingsError(mistakes: ["\(path): \(error)"])
        }
    }

    private init(_ root: YAMLNode, path: String) throws {
        var mistakes = try root.unknownKeys(known: Self.keys.map(\.key) + ["routes"])
        var variables: [String: String] = [:]
        for (key, variable) in Self.keys {
            do throws(YAMLError) { variables[variable] = try root.value(key)?.string() } catch {
                mistakes.append(error)
            }
        }
        var routes: [(topic: String, logstore: String)]?
        do throws(YAMLError) { routes = try root.value("routes").map(Self.routes) } catch { mistakes.append(error) }
        if !mistakes.isEmpty { throw SettingsError(mistakes: mistakes.map { "\(path): \($0)" }) }
        self.path = path
        self.variables = variables
        self.routes = routes
    }

    private static func routes(_ node: YAMLNode) throws(YAMLError) -> [(topic: String, logstore: String)] {
        var routes: [(topic: String, logstore: String)] = []
        for pair in try node.pairs() {
            if case .sequence(let items) = pair.value.content {
                if items.isEmpty { throw pair.value.error("a topic needs a logstore, or several: [web, archive]") }
                for item in items { routes.append((pair.key, try item.string())) }
            } else {
                routes.append((pair.key, try pair.value.string()))
            }
        }
        if routes.isEmpty { throw node.error("expected at least one route, such as nginx: web") }
        return routes
    }

    /// A mistake of settings in the words of whoever made it: in an option, or in the file, if there is one.
    ///
    /// - Parameter options: The variables that options set, which win over the file.
    static func explained(_ mistake: String, options: some Collection<String>, file: Self?) -> String {
        if let file, file.routes != nil, mistake.hasPrefix("routes: ") { return "\(file.path): \(mistake)" }
        // Not SLS_ENDPOINT for SLS_ENDPOINT_TO.
        let name = mistake.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        guard let (key, variable) = keys.first(where: { name == $0.variable }) else { return mistake }
        let rest = mistake.dropFirst(variable.utf8.count)
        // An option has the name of its key.
        if options.contains(variable) { return "--\(key)\(rest)" }
        return file.flatMap { $0.variables[variable] == nil ? nil : "\($0.path): \(key)\(rest)" } ?? mistake
    }
}
