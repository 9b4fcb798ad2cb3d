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
    /// Each topic with one of its logstores; nil where the file has no routes, empty where they have the wrong form.
    let routes: [(topic: String, logstore: String)]?
    /// What has the wrong form, each with the file, its line and its column. The rest is read all the same.
    let mistakes: [String]
    /// Where it is.
    private let path: String
    /// Where the value of each variable stands that the file sets; the routes by their key.
    private let places: [String: YAMLNode]

    /// - Throws: `SettingsError` for what cannot be read as a document at all.
    init(path: String) throws(SettingsError) {
        do {
            self = try Self(YAMLDocument.parse(try Files.read(path, limit: 1 << 20)), path: path)
        } catch {
            throw SettingsError(mistakes: ["\(path): \(error)"])
        }
    }

    private init(_ root: YAMLNode, path: String) throws {
        var mistakes = try root.unknownKeys(known: Self.keys.map(\.key) + ["routes"])
        var variables: [String: String] = [:]
        var places: [String: YAMLNode] = [:]
        for (key, variable) in Self.keys {
            guard let node = try root.value(key) else { continue }
            places[variable] = node
            do throws(YAMLError) { variables[variable] = try node.string() } catch { mistakes.append(error) }
        }
        var routes: [(topic: String, logstore: String)]?
        if let node = try root.value("routes") {
            places["routes"] = node
            do throws(YAMLError) { routes = try Self.routes(node) } catch {
                mistakes.append(error)
                routes = []
            }
        }
        self.path = path
        self.variables = variables
        self.places = places
        self.routes = routes
        self.mistakes = mistakes.map { "\(path): \($0)" }
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

    /// A mistake in the value of a variable that this file sets, with the place in the file and by its key there.
    ///
    /// - Parameters:
    ///   - name: The variable, or `routes`, with which the sentence begins.
    ///   - rest: The sentence behind it.
    /// - Returns: nil where the file does not set it, empty where `mistakes` has said what is wrong with it.
    func explained(_ name: String, _ rest: String) -> String? {
        guard let place = places[name] else { return nil }
        guard name == "routes" || variables[name] != nil else { return "" }
        let key = Self.key(of: name) ?? name
        return "\(path): line \(place.line), column \(place.column): \(key)\(rest)"
    }

    /// What a variable is called in the file, and behind two hyphens on the command line; nil where it stands in neither.
    static func key(of variable: String) -> String? { keys.first { $0.variable == variable }?.key }
}
