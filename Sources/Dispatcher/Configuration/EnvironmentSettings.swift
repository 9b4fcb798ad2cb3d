import SLSClient
import SLSConsumer
public import SLSProtocol

extension DispatcherSettings {
    /// Reads the article's environment variables and ours.
    ///
    /// - Parameters:
    ///   - variables: As the process was started with; an empty value counts as none.
    ///   - routes: Each topic with one of its logstores, in place of those that variables name.
    ///   - now: For relative start positions.
    /// - Throws: `SettingsError` with every mistake, each naming its variable.
    public init(
        environment variables: [String: String], routes given: [(topic: String, logstore: String)]? = nil,
        now: Timestamp
    ) throws(SettingsError) {
        var reader = EnvironmentReader(variables: variables)
        let endpoint = reader.required("SLS_ENDPOINT", Endpoint.init(parsing:))
        let keyID = reader.required("SLS_AK_ID")
        let keySecret = reader.required("SLS_AK_KEY")
        let project = reader.required("SLS_PROJECT", ProjectName.init)
        let logstore = reader.required("SLS_LOGSTORE", LogstoreName.init)
        let group = reader.required("SLS_CG", ConsumerGroupName.init)
        let targetEndpoint = reader.optional("SLS_ENDPOINT_TO", Endpoint.init(parsing:)) ?? endpoint
        let targetProject = reader.optional("SLS_PROJECT_TO", ProjectName.init) ?? project
        let routes = given.map { reader.routes($0, of: "routes") } ?? reader.routes()
        let timeout = reader.optional("SLS_GROUP_TIMEOUT", GroupTimeout.init)
        let consumer = reader.optional("SLS_CONSUMER_NAME", ConsumerName.init)
        let start = reader.start(now: now)
        let gapPolicy = reader.optional("SLS_GAP_POLICY", GapPolicy.init(parsing:))
        let delivery = reader.delivery { Self.place(targetEndpoint, targetProject, $0) }
        reader.refuseQuery(delivery.mode)
        reader.refuseWhatRulesOut(delivery.mode, start, gapPolicy, now: now)

        guard reader.mistakes.isEmpty, let endpoint, let keyID, let keySecret, let project, let logstore, let group,
            let targetEndpoint, let targetProject
        else { throw SettingsError(mistakes: reader.mistakes) }
        var targets: [Place] = []
        var table: [RouteTable.Route] = []
        for (topic, name) in routes {
            let place = Place(endpoint: targetEndpoint, project: targetProject, logstore: name)
            let index = targets.firstIndex(of: place) ?? targets.endIndex
            if index == targets.endIndex { targets.append(place) }
            table.append(RouteTable.Route(topic: topic, target: index))
        }
        self.init(
            credentials: Credentials(
                accessKeyID: keyID, accessKeySecret: keySecret, securityToken: reader.value("SLS_STS_TOKEN")),
            source: Place(endpoint: endpoint, project: project, logstore: logstore), targets: targets,
            routes: RouteTable(table), group: group)
        if let timeout { groupTimeout = timeout.duration }
        if let start { self.start = start }
        if let gapPolicy { self.gapPolicy = gapPolicy }
        self.delivery = delivery
        consumerName = consumer?.value
        certificateAuthorityFile = reader.value("SLS_CA_FILE")
        let mistakes = deliveryMistakes(now: now)
        if !mistakes.isEmpty { throw SettingsError(mistakes: mistakes) }
    }
}

extension DispatcherSettings {
    fileprivate static func place(_ endpoint: Endpoint?, _ project: ProjectName?, _ logstore: LogstoreName) -> Place? {
        guard let endpoint, let project else { return nil }
        return Place(endpoint: endpoint, project: project, logstore: logstore)
    }
}

extension GapPolicy {
    /// Reads a policy by its name.
    ///
    /// - Throws: `SettingsError` that lists the names.
    fileprivate init(parsing text: String) throws(SettingsError) {
        guard let policy = GapPolicy(rawValue: text) else {
            let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw SettingsError(mistakes: ["\"\(text)\" is not a policy for expired checkpoints: write one of \(names)"]
            )
        }
        self = policy
    }
}

/// A group's timeout as an option or variable gives it: `30s` or `30`, whole seconds, 6 to 3,600.
public struct GroupTimeout: Equatable, Sendable {
    /// The timeout.
    public let duration: Duration

    /// - Throws: `SettingsError` for anything else.
    public init(_ text: String) throws(SettingsError) {
        let digits = text.hasSuffix("s") ? text.dropLast() : text[...]
        guard let seconds = Int(digits), digits.utf8.count <= 4, (6...3_600).contains(seconds) else {
            throw SettingsError(mistakes: [
                "\"\(text)\" is not a timeout: write whole seconds from 6 to 3600, such as 30s"
            ])
        }
        duration = .seconds(seconds)
    }
}

extension DeliveryMode {
    /// - Throws: `SettingsError` that names the modes.
    fileprivate init(text: String) throws(SettingsError) {
        guard let mode = DeliveryMode(rawValue: text) else {
            let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw SettingsError(mistakes: ["\"\(text)\" is no mode of delivery: write one of \(known)"])
        }
        self = mode
    }
}

extension DeliveryIdentity {
    /// - Throws: `SettingsError` that says what it may hold.
    fileprivate init(text: String) throws(SettingsError) {
        guard let identity = DeliveryIdentity(text) else {
            throw SettingsError(mistakes: [
                "\"\(text)\" is no identity: write up to 64 of A-Z a-z 0-9 . _ - "
                    + "(it is part of every key, and may have to be typed again by hand)"
            ])
        }
        self = identity
    }
}

/// D as an option or variable gives it: `5s` or `5`, whole seconds, 1 to 300.
private struct BatchWait {
    let duration: Duration

    init(_ text: String) throws(SettingsError) {
        let digits = text.hasSuffix("s") ? text.dropLast() : text[...]
        duration = .seconds(try WholeNumber(String(digits), in: 1...300).value)
    }
}

private struct WholeNumber {
    let value: Int

    init(_ text: String, in range: ClosedRange<Int>) throws(SettingsError) {
        guard text.utf8.count <= 9, let value = Int(text), range.contains(value) else {
            throw SettingsError(mistakes: [
                "\"\(text)\": write a whole number from \(range.lowerBound) to \(range.upperBound)"
            ])
        }
        self.value = value
    }
}

private struct Switch {
    let isOn: Bool

    init(_ text: String) throws(SettingsError) {
        guard let isOn = ["on": true, "off": false][text] else {
            throw SettingsError(mistakes: ["\"\(text)\": write on or off"])
        }
        self.isOn = isOn
    }
}

/// Reads variables and collects what is wrong with them.
private struct EnvironmentReader {
    /// The article's topics in the order of its three target variables.
    static let articleTopics = ["ngnix", "sql_audit", "click"]

    let variables: [String: String]
    private(set) var mistakes: [String] = []

    init(variables: [String: String]) { self.variables = variables }

    func value(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }

    mutating func required(_ name: String) -> String? {
        if let value = value(name) { return value }
        mistakes.append("\(name) is \(variables[name] == nil ? "not set" : "empty")")
        return nil
    }

    mutating func required<Value>(_ name: String, _ convert: (String) throws -> Value) -> Value? {
        required(name).flatMap { parse(name, $0, convert) }
    }

    mutating func optional<Value>(_ name: String, _ convert: (String) throws -> Value) -> Value? {
        value(name).flatMap { parse(name, $0, convert) }
    }

    /// `SLS_ROUTES`, or else the article's three targets.
    mutating func routes() -> [(topic: String, logstore: LogstoreName)] {
        if let text = value("SLS_ROUTES") { return routes(text) }
        var routes: [(topic: String, logstore: LogstoreName)] = []
        let missing = (1...3).filter { value("SLS_LOGSTORE_TO\($0)") == nil }
        for (index, topic) in Self.articleTopics.enumerated() {
            if let name = required("SLS_LOGSTORE_TO\(index + 1)", LogstoreName.init) { routes.append((topic, name)) }
        }
        if missing == [2, 3] {
            mistakes.append(
                "only SLS_LOGSTORE_TO1 is set: the article exports it three times by mistake; export SLS_LOGSTORE_TO1, "
                    + "SLS_LOGSTORE_TO2 and SLS_LOGSTORE_TO3")
        }
        return routes
    }

    private mutating func routes(_ text: String) -> [(topic: String, logstore: LogstoreName)] {
        var given: [(topic: String, logstore: String)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let equals = part.lastIndex(of: "=") else {
                mistakes.append("SLS_ROUTES: \"\(part)\" is not topic=logstore")
                continue
            }
            given.append((String(part[..<equals]), String(part[part.index(after: equals)...])))
        }
        return routes(given, of: "SLS_ROUTES")
    }

    /// Routes that came apart already.
    ///
    /// - Parameter source: Where they stand, for mistakes.
    mutating func routes(
        _ given: [(topic: String, logstore: String)], of source: String
    ) -> [(topic: String, logstore: LogstoreName)] {
        var routes: [(topic: String, logstore: LogstoreName)] = []
        for (topic, text) in given {
            guard let name = parse(source, text, LogstoreName.init) else { continue }
            // By bytes, as log groups are routed: é is one code point or two.
            if routes.contains(where: { $0.topic.utf8.elementsEqual(topic.utf8) && $0.logstore == name }) {
                mistakes.append("\(source): \(topic)=\(name) is there twice")
            }
            routes.append((topic, name))
        }
        return routes
    }

    mutating func start(now: Timestamp) -> StartSetting? {
        guard let text = value("SLS_CURSOR_START") else { return nil }
        if let start = StartSetting(text, now: now) { return start }
        mistakes.append(
            "SLS_CURSOR_START: \"\(text)\" is not a start position: write begin, end, 2018-12-26T00:00:00Z, "
                + "\"2018-12-26 0:0:0\" (this host's zone), Unix seconds or a relative time such as -2h")
        return nil
    }

    /// A query on the pull, as other consumers have it.
    mutating func refuseQuery(_ mode: DeliveryMode) {
        guard value("SLS_QUERY") != nil else { return }
        let reason =
            mode.isExact
            ? "with a query the service does not say which log group has which cursor, and --delivery \(mode.rawValue) rests on "
                + "cursors"
            : "log groups are forwarded as they are, and a query would cut logs out of them"
        mistakes.append("SLS_QUERY: \(reason); leave it out and choose by topic (SLS_ROUTES)")
    }

    /// Values that the mode cannot go with; what was not given, or not understood, is no reason.
    mutating func refuseWhatRulesOut(
        _ mode: DeliveryMode, _ start: StartSetting?, _ gapPolicy: GapPolicy?, now: Timestamp
    ) {
        mistakes += mode.mistakes(
            start: start ?? StartSetting(position: .begin, isFixed: true), gapPolicy: gapPolicy ?? .earliest, now: now)
    }

    /// How often log groups may arrive, and what belongs to that.
    mutating func delivery(
        place: (LogstoreName) -> DispatcherSettings.Place?
    ) -> DeliverySettings {
        var delivery = DeliverySettings()
        if let mode = optional("SLS_DELIVERY", DeliveryMode.init(text:)) { delivery.mode = mode }
        if let identity = optional("SLS_IDENTITY", DeliveryIdentity.init(text:)) { delivery.identity = identity }
        if let count = optional("SLS_LANES", { try WholeNumber($0, in: 1...256).value }) { delivery.laneCount = count }
        if let wait = optional("SLS_BATCH_WAIT", BatchWait.init) { delivery.batchWait = wait.duration }
        if let name = optional("SLS_DEAD_LETTER", LogstoreName.init) { delivery.deadLetter = place(name) }
        if let isOn = optional("SLS_DISPATCH_TAG", Switch.init) { delivery.tagsOrigin = isOn.isOn }
        return delivery
    }

    private mutating func parse<Value>(_ name: String, _ text: String, _ convert: (String) throws -> Value) -> Value? {
        do {
            return try convert(text)
        } catch let error as APIError {
            mistakes.append("\(name): \(error.message)")
        } catch {
            mistakes.append("\(name): \(error)")
        }
        return nil
    }
}
