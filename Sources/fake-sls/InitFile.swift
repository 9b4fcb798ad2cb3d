import FakeSLS
import SLSProtocol
import YAML

/// The file of `--init`:
///
/// ```yaml
/// projects:
///   - name: demo
///     description: optional
///     logstores:
///       - name: app
///         shards: 4     # default 2
///         ttl: 30       # days, default 30
/// ```
enum InitFile {
    /// - Throws: Every mistake, each with its line and column.
    static func parse(_ bytes: [UInt8], limits: Limits) throws(Mistakes) -> [InitialProject] {
        var mistakes = Mistakes()
        let projects = mistakes.collect { mistakes in
            let root = try YAMLDocument.parse(bytes)
            for error in try root.unknownKeys(known: ["projects"]) { mistakes.add("\(error)") }
            return try root.requiredValue("projects").items()
        }
        let parsed = (projects ?? []).compactMap { node in
            mistakes.collect { try project(node, limits: limits, &$0) }
        }
        refuseDuplicates(parsed.map(\.name.value), "project", &mistakes)
        for project in parsed {
            refuseDuplicates(project.logstores.map(\.name.value), "project \(project.name): logstore", &mistakes)
        }
        if !mistakes.isEmpty { throw mistakes }
        return parsed
    }

    private static func project(
        _ node: YAMLNode, limits: Limits, _ mistakes: inout Mistakes
    ) throws -> InitialProject {
        for error in try node.unknownKeys(known: ["name", "description", "logstores"]) { mistakes.add("\(error)") }
        let logstores = try node.value("logstores")?.items() ?? []
        let parsed = logstores.compactMap { child in
            mistakes.collect { try logstore(child, limits: limits, &$0) }
        }
        return InitialProject(
            name: try name(node.requiredValue("name")) { text throws(APIError) in try ProjectName(text) },
            description: try node.value("description")?.string() ?? "", logstores: parsed)
    }

    private static func logstore(
        _ node: YAMLNode, limits: Limits, _ mistakes: inout Mistakes
    ) throws -> InitialLogstore {
        for error in try node.unknownKeys(known: ["name", "shards", "ttl"]) { mistakes.add("\(error)") }
        var logstore = InitialLogstore(
            name: try name(node.requiredValue("name")) { text throws(APIError) in try LogstoreName(text) })
        if let shards = try node.value("shards") {
            logstore.shardCount = try shards.integer(in: 1...max(1, limits.shardsPerNewLogstore))
        }
        if let ttl = try node.value("ttl") { logstore.ttlDays = try ttl.integer(in: RequestLimits.ttlDays) }
        return logstore
    }

    /// The service's own rule for a name, with the place in the file.
    private static func name<Name>(_ node: YAMLNode, _ make: (String) throws(APIError) -> Name) throws -> Name {
        let text = try node.string()
        do throws(APIError) {
            return try make(text)
        } catch {
            throw node.error(error.message)
        }
    }

    private static func refuseDuplicates(_ names: [String], _ what: String, _ mistakes: inout Mistakes) {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted { mistakes.add("\(what) \(name) is there twice") }
    }
}
