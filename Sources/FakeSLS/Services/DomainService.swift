internal import SLSProtocol

/// The custom domains of all projects, as `/domains` binds them: each stands for its project in a request's host.
///
/// The documents are `DocumentService`'s; here is what they mean.
final class DomainService {
    private let store: Store
    private let live: LiveStateBox

    init(store: Store, live: LiveStateBox) {
        self.store = store
        self.live = live
    }

    /// - Throws: `CnameAlreadyExists` for a domain that stands for a project already, whatever its case.
    func checkFree(_ domain: String) throws(APIError) {
        if let project = live.state.domains[domain.lowercased()] {
            throw APIError(DocumentFamily.domains.alreadyExist, "domain \(domain) is bound to project \(project)")
        }
    }

    /// Reads anew which domain stands for which project, after a change of either.
    func changed() throws(APIError) { live.state.domains = try load() }

    /// The projects by domain, lower-case.
    func load() throws(APIError) -> [String: String] {
        var projects: [String: String] = [:]
        for row in try store.documentOwners(family: DocumentFamily.domains.stored) {
            projects[row.name.lowercased()] = row.project
        }
        return projects
    }
}
