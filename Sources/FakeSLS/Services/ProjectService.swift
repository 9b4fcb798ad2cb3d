internal import SLSProtocol

/// The rules of projects.
final class ProjectService {
    /// Longest description; the service refuses long ones, at a length it does not publish.
    static let descriptionByteLimit = 1_024

    private let store: Store
    private let logstores: LogstoreService
    private let domains: DomainService
    private let limits: Limits
    /// The region that all projects live in.
    let region: String

    init(store: Store, logstores: LogstoreService, domains: DomainService, limits: Limits, region: String) {
        self.store = store
        self.logstores = logstores
        self.domains = domains
        self.limits = limits
        self.region = region
    }

    func create(
        _ name: ProjectName, description: String, resourceGroup: String, redundancy: String, now: Moment
    ) throws(APIError) {
        guard try store.project(name) == nil else {
            throw APIError(.projectAlreadyExist, "Project \(name) already exist")
        }
        guard try store.projectCount() < limits.projects else {
            throw APIError(.projectQuotaExceed, "Project Quota Exceed: there are already \(limits.projects) projects")
        }
        try check(description)
        try store.insertProject(
            name, description: description, resourceGroup: resourceGroup, redundancy: redundancy,
            time: now.wall.timestamp)
    }

    func get(_ name: ProjectName) throws(APIError) -> ProjectDescription {
        var description = describe(try store.existingProject(name))
        description.quota = ProjectQuota(shard: limits.shardsPerProject)
        return description
    }

    func update(_ name: ProjectName, description: String, now: Moment) throws(APIError) {
        let project = try store.existingProject(name)
        try check(description)
        try store.updateProject(project.key, description: description, time: now.wall.timestamp)
    }

    /// Deletes the project and all that is in it.
    func delete(_ name: ProjectName) throws(APIError) {
        let project = try store.existingProject(name)
        for logstore in try store.logstoreKeys(ofProject: project.key) {
            try logstores.delete(LogstoreRef(project: name, name: try LogstoreName(logstore.name)))
        }
        try store.deleteProject(project.key)
        try domains.changed()
    }

    /// Projects that fit, in order of their names.
    ///
    /// - Parameter showsQuota: Whether each one tells its quota, as GetProject does.
    func list(_ filter: ProjectFilter, page: Page, showsQuota: Bool) throws(APIError) -> ProjectList {
        let projects = try store.projects(filter, page: page).map { project in
            var description = describe(project)
            if showsQuota { description.quota = ProjectQuota(shard: limits.shardsPerProject) }
            return description
        }
        return ProjectList(total: try store.projectCount(filter), projects: projects)
    }

    private func check(_ description: String) throws(APIError) {
        guard description.utf8.count <= Self.descriptionByteLimit else {
            throw .parameterInvalid("the description is longer than \(Self.descriptionByteLimit) bytes")
        }
    }

    private func describe(_ project: ProjectRow) -> ProjectDescription {
        ProjectDescription(
            projectName: project.name, status: "Normal", owner: "", description: project.description, region: region,
            createTime: Timestamp(seconds: project.createTime).dateAndTime,
            lastModifyTime: Timestamp(seconds: project.modifyTime).dateAndTime,
            dataRedundancyType: project.redundancy, resourceGroupId: project.resourceGroup)
    }
}

extension Store {
    /// - Throws: 404 `ProjectNotExist`.
    func existingProject(_ name: ProjectName) throws(APIError) -> ProjectRow {
        guard let project = try project(name) else { throw .projectNotExist(name.value) }
        return project
    }
}

extension Timestamp {
    /// `2024-03-05 06:07:08`, UTC: the form of a project's times.
    fileprivate var dateAndTime: String {
        let text = iso8601
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8)
    }
}
