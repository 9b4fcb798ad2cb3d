import Foundation
import SLSProtocol
import SQLite
import Testing

@testable import FakeSLS

/// `docs/compatibility.md` against the program.
struct CompatibilityPageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private static func rows() throws -> [Substring] {
        try text("docs/compatibility.md").split(separator: "\n").filter { $0.hasPrefix("|") }
    }

    @Test func `every call the emulator knows has a row`() throws {
        let rows = try Self.rows()
        let store = try Store(.memory, logger: EmulatorConfiguration().logger)
        let services = Services(store: store, live: LiveStateBox(), limits: .relaxed, region: "")
        let entries = APITable.entries(services)
        #expect(Set(entries.map(\.name)).count == entries.count)
        for entry in entries {
            #expect(rows.contains { $0.contains("`\(entry.name)`") }, "\(entry.name) has no row")
        }
    }

    @Test func `the row of a call names its method and each of its paths`() throws {
        let rows = try Self.rows()
        let store = try Store(.memory, logger: EmulatorConfiguration().logger)
        let services = Services(store: store, live: LiveStateBox(), limits: .relaxed, region: "")
        for entry in APITable.entries(services) {
            let row = try #require(rows.first { $0.contains("`\(entry.name)`") })
            // Rows of families have the path that the five calls share.
            let isFamily = row.contains("`Create") && row.contains("`Delete")
            #expect(isFamily || row.contains(entry.route.method.rawValue), "\(entry.name): the method")
            for path in entry.route.paths {
                let shown = path.segments.compactMap { segment in
                    switch segment {
                    case .literal(let text): text
                    case .placeholder(let name): isFamily && name == "name" ? nil : "{\(name)}"
                    case .rest: nil
                    }
                }
                // Where the paths of a call begin alike, the page writes `…` for what they share.
                let isThere =
                    row.contains("/" + shown.joined(separator: "/"))
                    || shown.indices.contains { row.contains("…/" + shown[$0...].joined(separator: "/")) }
                #expect(isThere, "\(entry.name): /\(shown.joined(separator: "/"))")
            }
            for (parameter, value) in entry.route.query where value.first != "*" {
                #expect(row.contains("\(parameter)=\(value.first ?? "")"), "\(entry.name): \(parameter)")
            }
        }
    }

    @Test(arguments: DocumentFamily.all.map(\.noun))
    func `the row of a family names its list's members, its filters and its codes`(noun: String) throws {
        let family = try #require(DocumentFamily.all.first { $0.noun == noun })
        let row = try #require(try Self.rows().first { $0.contains("`Create\(noun)`") })
        for listing in family.listings {
            switch listing {
            case .names(let member): #expect(row.contains("`\(member)`: names"), "\(member)")
            case .documents(let member): #expect(row.contains("`\(member)`: documents"), "\(member)")
            }
        }
        // The kinds of jobs are those of `/jobs`, whose row has the filters.
        for filter in family.filters where family.type == nil {
            #expect(row.contains("`\(filter.parameter)`"), "\(filter.parameter)")
        }
        #expect(row.contains("`\(family.notExist("").code.rawValue)`"))
        #expect(row.contains("`\(family.alreadyExist.rawValue)`"))
        if let type = family.type { #expect(row.contains(type)) }
    }

    @Test func `every limit has a row`() throws {
        let rows = try Self.rows()
        for name in Limits.Name.allCases.map(\.rawValue) + Limits.Rate.allCases.map(\.rawValue) {
            #expect(rows.contains { $0.contains("`\(name)`") }, "\(name) has no row")
        }
    }

    // MARK: Rules

    private static let ruleNames = Rules.Switch.allCases.map(\.rawValue) + Rules.Figure.allCases.map(\.rawValue)

    /// What the page has to call a rule's default.
    private static func shownDefault(_ name: String) -> String {
        if Rules.Switch(rawValue: name) != nil { return "false" }
        guard let figure = Rules.Figure(rawValue: name), let value = Rules()[figure] else { return "none" }
        return String(value)
    }

    @Test(arguments: CompatibilityPageTests.ruleNames)
    func `every rule has a row with its default and its evidence`(name: String) throws {
        let row = try #require(try Self.rows().first { $0.hasPrefix("| `\(name)` |") }, "\(name) has no row")
        let cells = row.dropFirst().split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(cells.count == 5 && cells[1] == Self.shownDefault(name))
        #expect(try #require(cells.last).contains(/\[[A-Z]\]/))
    }

    /// The rules of the library by the names of their properties.
    private static func described(_ rules: Rules) -> [String: String] {
        var values: [String: String] = [:]
        for group in [rules.groups, rules.writes] as [Any] {
            for child in Mirror(reflecting: group).children { values[child.label ?? ""] = "\(child.value)" }
        }
        return values
    }

    @Test func `every rule of the library has a name in the file, and every name changes one`() {
        let defaults = Self.described(Rules())
        #expect(defaults.count > 8)
        var changed: Set<String> = []
        for name in Self.ruleNames {
            var rules = Rules()
            if let name = Rules.Switch(rawValue: name) { rules[name].toggle() }
            if let name = Rules.Figure(rawValue: name) { rules[name] = 417 }
            let different = Self.described(rules).filter { $0.value != defaults[$0.key] }.keys
            #expect(different.count == 1, "\(name) changes \(different)")
            changed.formUnion(different)
        }
        #expect(changed == Set(defaults.keys))
    }

    // MARK: Parameters

    @Test func `every parameter that the page or the code names is known`() throws {
        let page = try Self.text("docs/compatibility.md")
        // Of calls, as in `?type=log&cursor=`; of fields, but those of headers; of lists' filters.
        var named = page.matches(of: /[?&](\w+)=/).map { String($0.1) }
        for row in try Self.rows() {
            let cells = row.dropFirst().split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            if let last = cells.last, let filters = last.firstMatch(of: /filters? ([^;.]*)/) {
                named += filters.1.matches(of: /`(\w+)`/).map { String($0.1) }
            }
        }
        let fields = try #require(page.firstMatch(of: /\n\| PutLogs \|[\s\S]*?\n\| PullLogs' answer/))
        named += fields.0.matches(of: /`([a-z]\w*)`/).map { String($0.1) }
        let folder = Self.root.appending(path: "Sources/FakeSLS/API")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".swift") {
            let source = try Self.text("Sources/FakeSLS/API/\(name)")
            named += source.matches(of: /request\.(?:query|required|cursor|integer)\(\s*"(\w+)"/).map { String($0.1) }
        }
        named += DocumentFamily.all.flatMap { $0.filters.map(\.parameter) }
        #expect(named.count > 60 && named.contains("queryId") && named.contains("fetchQuota"))
        for name in Set(named).sorted() { #expect(Oddities.parameters.contains(name), "\(name) is logged as unknown") }
    }

    // MARK: Errors

    /// A line of the table of errors: one or more codes of the same statuses.
    private struct ErrorRow {
        let statuses: [Int]
        let codes: [String]
        let isSent: Bool

        /// nil for a row of another table: these begin with a status, or with a dash for what is not sent.
        init?(_ row: Substring) {
            let cells = row.dropFirst().split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 4, let first = cells.first else { return nil }
            statuses = first.split(separator: ", ").compactMap { Int($0) }
            isSent = !statuses.isEmpty
            guard isSent || first == "–" else { return nil }
            codes = cells[1].split(separator: ", ").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "`")) }
            // What is not sent must say so, and why.
            guard isSent != cells[2].hasPrefix("not sent: ") else { return nil }
        }
    }

    private static func errorRows() throws -> [ErrorRow] { try rows().compactMap { ErrorRow($0) } }

    /// What the emulator is seen to send, by the tests of the table of errors.
    private static let provoked: [(code: String, status: Int)] =
        ErrorTableTests.all.map { ($0.code, $0.status) } + ErrorTableTests.violations.map { ($0.2, $0.1) }
        + DocumentFamily.all.flatMap { family in
            let unknown = family.notExist("")
            return [(unknown.code.rawValue, unknown.status), (family.alreadyExist.rawValue, 400)]
        }

    /// The constants of the codes, as they stand in the source: the type cannot list them.
    private static func constants() throws -> [String] {
        let source = try text("Sources/SLSProtocol/APIError+Codes.swift")
        return source.matches(of: /public static let \w+: Self = "(\w+)"/).map { String($0.1) }
    }

    @Test func `every error code has one row, whether it is sent or not`() throws {
        let rows = try Self.errorRows()
        let listed = rows.flatMap(\.codes)
        #expect(Set(listed).count == listed.count)
        let known = try Self.constants()
        #expect(known.count > 50)
        for code in known + Self.provoked.map(\.code) + Self.ofTheProtocol {
            #expect(listed.contains(code), "\(code) has no row")
        }
    }

    @Test func `a row of an error names the code's own status first, and every one it was seen with`() throws {
        let statuses = Dictionary(grouping: Self.provoked, by: \.code).mapValues { Set($0.map(\.status)) }
        let known = Set(try Self.constants())
        for row in try Self.errorRows() where row.isSent {
            for code in row.codes {
                if known.contains(code) {
                    #expect(row.statuses.first == APIError.Code(rawValue: code).status, "\(code)")
                }
                #expect(Set(row.statuses) == statuses[code], "\(code): the page against what was provoked")
            }
        }
    }

    @Test func `what the page calls not sent is not provoked, and each other code is`() throws {
        let provoked = Set(Self.provoked.map(\.code))
        for row in try Self.errorRows() {
            for code in row.codes { #expect(provoked.contains(code) == row.isSent, "\(code)") }
        }
    }

    @Test func `no code is spelled out where it is thrown`() throws {
        let folder = Self.root.appending(path: "Sources/FakeSLS")
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        #expect(names.count > 50)
        // The pages of our own have codes of their own, which are none of the service's.
        for name in names where name != "API/OwnPages.swift" {
            let source = try Self.text("Sources/FakeSLS/\(name)")
            // The two that `GroupRules.misspellsCodes` sends are misspellings of codes that have their rows.
            let codes = source.matches(of: /(?:APIError\(\s*|orThrow: |invalid: )"(\w+)"/).map { $0.1 }
            #expect(codes.allSatisfy { $0.hasSuffix("Exsit") }, "\(name): \(codes)")
        }
    }

    /// The codes of protocol.md 7.2, older and misspelt ones aside that the table itself calls so.
    private static let ofTheProtocol = [
        "MissingContentType", "MissingHost", "MissingDate", "MissingAPIVersion", "MissAccessKeyId",
        "MissingSignatureMethod", "MissingBodyRawSize", "InvalidBodyRawSize", "InvalidCompressType",
        "PostBodyUncompressError", "InvalidHost", "InvalidAPIVersion", "InvalidSignatureMethod",
        "InvalidAcceptContentType", "InvalidAcceptEncoding", "InvalidRequestTime", "InvalidDateFormat",
        "RequestTimeExpired", "RequestTimeTooSkewed", "BadRequest", "ParameterInvalid", "InvalidParameter",
        "MissingParameter", "InvalidCursor", "PostBodyInvalid", "PostBodyTooLarge", "InvalidTimestamp",
        "InvalidEncoding", "InvalidKey", "LogStoreWithoutShard", "ShardNotExist", "ProjectAlreadyExist",
        "ProjectQuotaExceed", "LogStoreAlreadyExist", "LogStoreInfoInvalid", "ExceedQuota",
        "ConsumerGroupAlreadyExist", "JsonInfoInvalid", "NotExistConsumerWithBody", "InvalidShardCheckPoint",
        "ConsumerGroupQuotaExceed", "InvalidSequenceId", "ConsumerNotMatch", "IndexAlreadyExist",
        "IndexConfigNotExist", "IndexInfoInvalid", "InvalidQueryString", "InvalidTimeRange", "InvalidLogStoreQuery",
        "InvalidOffset", "InvalidLine", "InvalidReverse", "MachineGroupAlreadyExist", "ConfigAlreadyExist",
        "CnameAlreadyExists", "ShipperNotExist", "NotSupported", "SignatureNotMatch", "Unauthorized",
        "InvalidAccessKeyId", "SecurityTokenExpired", "WriteQuotaExceed", "ReadQuotaExceed", "ShardWriteQuotaExceed",
        "ShardReadQuotaExceed", "MetaOperationQpsLimitExceeded", "ProjectForbidden", "ProjectNotExist",
        "LogStoreNotExist", "ConsumerGroupNotExist", "ConsumerNotExist", "MachineGroupNotExist", "GroupNotExist",
        "ConfigNotExist", "SavedSearchNotExist", "DashboardNotExist", "JobNotExist", "NoSuchCname", "UserNotExist",
        "CategoryNotExist", "TopicNotExist", "InvalidMethod", "MissingContentLength", "InvalidContentType",
        "InternalServerError", "RequestTimeout", "NotImplemented", "ServerBusy",
    ]
}
