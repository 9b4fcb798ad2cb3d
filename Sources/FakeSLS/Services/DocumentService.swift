internal import SLSProtocol

/// The rules of documents that are kept for others: names, times, lists. What is in them has no effect, but that a
/// domain stands for its project.
final class DocumentService {
    /// Whose documents are meant.
    enum Owner {
        case account
        case project(ProjectName)
        case logstore(LogstoreRef)
    }

    private let store: Store
    private let logstores: LogstoreService
    private let domains: DomainService
    private let limits: Limits

    init(store: Store, logstores: LogstoreService, domains: DomainService, limits: Limits) {
        self.store = store
        self.logstores = logstores
        self.domains = domains
        self.limits = limits
    }

    /// Keeps a new document.
    func create(
        _ document: JSONObject, in family: DocumentFamily, of owner: Owner, now: Moment
    ) throws(APIError) {
        let place = try place(of: family, owner)
        guard let name = document.text(family.nameKey), Self.isName(name) else {
            throw APIError(family.invalid, "the body's \"\(family.nameKey)\" is missing or no name")
        }
        guard try store.document(name, at: place) == nil else {
            throw APIError(family.alreadyExist, "\(family.noun) \(name) already exists")
        }
        let isDomain = family.path == DocumentFamily.domains.path
        if isDomain { try domains.checkFree(name) }
        try checkQuota(of: document, in: family, at: place)
        var document = document
        if let type = family.type { document.set("type", type) }
        let time = now.wall.timestamp.seconds
        try store.setDocument(
            DocumentRow(name: name, body: document.bytes, createTime: time, modifyTime: time), at: place)
        if isDomain { try domains.changed() }
    }

    private static func isName(_ text: String) -> Bool { (1...256).contains(text.utf8.count) && !text.contains("/") }

    /// The document as it was given, with its times.
    func get(_ name: String, in family: DocumentFamily, of owner: Owner) throws(APIError) -> JSONObject {
        Self.shown(try existing(name, in: family, at: try place(of: family, owner)), in: family)
    }

    /// Documents whose members fit, in order of their names.
    ///
    /// - Parameter wanted: The value that each filter's parameter has; nil or "" for any.
    func list(
        _ family: DocumentFamily, of owner: Owner, page: Page, wanted: (String) -> String?
    ) throws(APIError) -> JSONObject {
        let fitting = try store.documents(at: try place(of: family, owner)).map { Self.shown($0, in: family) }.filter {
            document in
            (family.type == nil || document.text("type") == family.type)
                && family.filters.allSatisfy { $0.accepts(document, wanted: wanted($0.parameter)) }
        }
        let shown = fitting.dropFirst(page.offset).prefix(page.size)
        var answer = JSONObject()
        answer.set("count", shown.count)
        answer.set("total", fitting.count)
        for listing in family.listings {
            switch listing {
            case .names(let key):
                answer.set(key, Self.array(shown.map { JSONObject.quoted($0.text(family.nameKey) ?? "") }))
            case .documents(let key): answer.set(key, Self.array(shown.map(\.bytes)))
            }
        }
        return answer
    }

    /// Puts the members of a body in place of those the document has (assumed: the SDKs send all, OpenAPI may not).
    func update(
        _ name: String, with change: JSONObject, in family: DocumentFamily, of owner: Owner, now: Moment
    ) throws(APIError) {
        let place = try place(of: family, owner)
        let time = now.wall.timestamp.seconds
        var row = try store.document(name, at: place)
        if row == nil, family.putCreates {
            guard Self.isName(name) else { throw APIError(family.invalid, "the path's last part is no name") }
            try checkQuota(of: change, in: family, at: place)
            row = DocumentRow(name: name, body: JSONObject().bytes, createTime: time, modifyTime: time)
        }
        guard let row else { throw family.notExist(name) }
        var document = JSONObject(row.body) ?? JSONObject()
        document.set(change)
        document.set(family.nameKey, name)
        try store.setDocument(
            DocumentRow(name: name, body: document.bytes, createTime: row.createTime, modifyTime: time), at: place)
    }

    func delete(_ name: String, in family: DocumentFamily, of owner: Owner) throws(APIError) {
        let place = try place(of: family, owner)
        _ = try existing(name, in: family, at: place)
        try store.deleteDocument(name, at: place)
        if family.path == DocumentFamily.machineGroups.path {
            try store.deleteDocuments(at: Self.applied(to: name, project: place.project))
        } else if family.path == DocumentFamily.configs.path {
            try store.deleteDocuments(named: name, project: place.project, family: Self.appliedConfigs)
        } else if family.path == DocumentFamily.domains.path {
            try domains.changed()
        }
    }

    // MARK: Configs on machine groups

    private static let appliedConfigs = "applied-config"

    /// Applies a config to a machine group; both must be there.
    func apply(config: String, to group: String, of project: ProjectName, now: Moment) throws(APIError) {
        let place = try appliedPlace(config: config, group: group, project)
        let time = now.wall.timestamp.seconds
        try store.setDocument(
            DocumentRow(name: config, body: JSONObject().bytes, createTime: time, modifyTime: time), at: place)
    }

    /// Takes a config from a machine group, whether it was applied or not; both must be there.
    func remove(config: String, from group: String, of project: ProjectName) throws(APIError) {
        try store.deleteDocument(config, at: try appliedPlace(config: config, group: group, project))
    }

    private func appliedPlace(
        config: String, group: String, _ project: ProjectName
    ) throws(APIError) -> DocumentPlace {
        let key = try store.existingProject(project).key
        _ = try existing(group, in: .machineGroups, at: DocumentPlace(project: key, family: "/machinegroups"))
        _ = try existing(config, in: .configs, at: DocumentPlace(project: key, family: "/configs"))
        return Self.applied(to: group, project: key)
    }

    func configs(onMachineGroup group: String, of project: ProjectName) throws(APIError) -> [String] {
        let key = try store.existingProject(project).key
        _ = try existing(group, in: .machineGroups, at: DocumentPlace(project: key, family: "/machinegroups"))
        return try store.documents(at: Self.applied(to: group, project: key)).map(\.name)
    }

    func machineGroups(withConfig config: String, of project: ProjectName) throws(APIError) -> [String] {
        let key = try store.existingProject(project).key
        _ = try existing(config, in: .configs, at: DocumentPlace(project: key, family: "/configs"))
        return try store.parents(ofDocument: config, project: key, family: Self.appliedConfigs)
    }

    private static func applied(to group: String, project: Int64) -> DocumentPlace {
        DocumentPlace(project: project, family: appliedConfigs, parent: group)
    }

    // MARK: Single settings

    /// A document of which there is one, such as a logstore's metering mode; nil where it was never put.
    func setting(_ name: String, of owner: Owner) throws(APIError) -> [UInt8]? {
        try store.document(name, at: try settings(of: owner))?.body
    }

    func setSetting(_ name: String, _ body: [UInt8], of owner: Owner, now: Moment) throws(APIError) {
        let time = now.wall.timestamp.seconds
        try store.setDocument(
            DocumentRow(name: name, body: body, createTime: time, modifyTime: time), at: try settings(of: owner))
    }

    func deleteSetting(_ name: String, of owner: Owner) throws(APIError) {
        try store.deleteDocument(name, at: try settings(of: owner))
    }

    private func settings(of owner: Owner) throws(APIError) -> DocumentPlace { try place("setting", owner) }

    // MARK: Parts

    /// - Throws: `ExceedQuota` where the family, or the kind of job that the document is, has as many as it may have.
    private func checkQuota(
        of document: JSONObject, in family: DocumentFamily, at place: DocumentPlace
    ) throws(APIError) {
        let type = family.type ?? document.text("type")
        let kind = DocumentFamily.all.first { $0.stored == family.stored && $0.type == type } ?? family
        var count = try store.documentCount(at: place)
        guard count < limits.documentsPerFamily else { throw Self.quotaExceeded(family) }
        guard let quota = kind.quota else { return }
        if let type = kind.type {
            count = try store.documents(at: place).count { JSONObject($0.body)?.text("type") == type }
        }
        guard count < limits[quota] else { throw Self.quotaExceeded(kind) }
    }

    private static func quotaExceeded(_ family: DocumentFamily) -> APIError {
        APIError(.exceedQuota, "\(family.noun.lowercased()) quota exceed")
    }

    private func place(of family: DocumentFamily, _ owner: Owner) throws(APIError) -> DocumentPlace {
        try place(family.stored, owner)
    }

    private func place(_ family: String, _ owner: Owner) throws(APIError) -> DocumentPlace {
        switch owner {
        case .account: return DocumentPlace(project: 0, family: family)
        case .project(let name): return DocumentPlace(project: try store.existingProject(name).key, family: family)
        case .logstore(let ref):
            let row = try logstores.find(ref)
            return DocumentPlace(project: row.project, logstore: row.key, family: family)
        }
    }

    private func existing(
        _ name: String, in family: DocumentFamily, at place: DocumentPlace
    ) throws(APIError) -> DocumentRow {
        guard let row = try store.document(name, at: place) else { throw family.notExist(name) }
        return row
    }

    private static func shown(_ row: DocumentRow, in family: DocumentFamily) -> JSONObject {
        var document = family.completed(JSONObject(row.body) ?? JSONObject())
        document.set("createTime", row.createTime)
        document.set("lastModifyTime", row.modifyTime)
        return document
    }

    static func array(_ elements: [[UInt8]]) -> [UInt8] {
        Array("[".utf8) + elements.joined(separator: [UInt8(ascii: ",")]) + Array("]".utf8)
    }
}

extension DocumentFamily.Filter {
    func accepts(_ document: JSONObject, wanted: String?) -> Bool {
        guard let wanted = wanted.nonEmpty else { return true }
        guard let value = document.text(at: path) else { return false }
        return takesPart ? value.contains(wanted) : value == wanted
    }
}
